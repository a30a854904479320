"""Writes the outputs of a trained network, from which everything else is derived."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BasePredictionWriter

from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.runs import CHECKPOINT, write_outputs


class PredictionWriter(BasePredictionWriter):
    """Writes predictions, features and the checkpoint into the run folder.

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
        """Write one row a sample, keyed by its id."""
        datamodule: PairDataModule = trainer.datamodule  # type: ignore[attr-defined]
        row, scores, features = (
            torch.cat([batch[part] for batch in predictions])
            for part in ("row", "scores", "features")
        )
        classes = datamodule.pairs.classes
        write_outputs(self.folder, datamodule.samples, classes, row, scores, features)
        trainer.save_checkpoint(self.folder / CHECKPOINT, weights_only=True)
