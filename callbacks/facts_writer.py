"""Writes what a trained network said: the facts from which everything else is derived."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BasePredictionWriter
from torch import Tensor

from datamodules import PairDataModule
from runs import CHECKPOINT, prediction_table, write_features, write_predictions


class FactsWriter(BasePredictionWriter):
    """Writes predictions, fc2 features and the checkpoint into the run folder.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: Path | str) -> None:
        super().__init__(write_interval="epoch")
        self.folder = Path(folder)

    def write_on_epoch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        predictions: Sequence[Any],
        batch_indices: Sequence[Any],
    ) -> None:
        """Write one row a sample, keyed by its id, whatever order the batches came in."""
        datamodule: PairDataModule = trainer.datamodule  # type: ignore[attr-defined]
        write_facts(
            self.folder,
            datamodule,
            *(torch.cat([batch[key] for batch in predictions]) for key in _PARTS),
        )
        trainer.save_checkpoint(self.folder / CHECKPOINT, weights_only=True)


_PARTS = ("row", "scores", "features")


def write_facts(
    folder: Path, datamodule: PairDataModule, row: Tensor, scores: Tensor, features: Tensor
) -> None:
    """Write what a network said of every pair of a database.

    Args:
        folder: The run folder.
        datamodule: The fold's data.
        row: Row of each pair in the manifest, ``(N,)``, in any order.
        scores: Softmax over the classes, ``(N, classes)``.
        features: Outputs of fc2, ``(N, hidden[1])``.
    """
    rows, said, told = (part.float().cpu().numpy() for part in (row, scores, features))
    order = rows.argsort()
    table = prediction_table(datamodule.samples, datamodule.pairs.classes, said[order])
    write_predictions(folder, table)
    write_features(folder, table["sample_id"], told[order])
