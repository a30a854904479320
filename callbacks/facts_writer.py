"""Writes what a trained network said: the facts from which everything else is derived."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BasePredictionWriter

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
        rows, scores, features = (
            torch.cat([batch[key] for batch in predictions]).float().cpu().numpy()
            for key in ("row", "scores", "features")
        )
        order = rows.argsort()
        classes = datamodule.pairs.classes
        table = prediction_table(datamodule.samples, classes, scores[order])
        write_predictions(self.folder, table)
        write_features(self.folder, table["sample_id"], features[order])
        trainer.save_checkpoint(self.folder / CHECKPOINT, weights_only=True)
