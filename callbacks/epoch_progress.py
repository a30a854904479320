"""A progress bar with the time left."""

import math
import sys

import pytorch_lightning as pl
from tqdm import tqdm


class EpochProgress(pl.Callback):
    """A bar over epochs; hidden if standard error is not a terminal.

    Lightning's default, a bar over batches, costs more than the steps of these small networks.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar."""
        steps, batches = trainer.estimated_stepping_batches, trainer.num_training_batches
        self._bar = tqdm(
            total=math.ceil(steps / batches),  # the configuration may limit epochs or steps
            unit="epoch",
            leave=False,
            disable=not sys.stderr.isatty(),
        )

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the loss of the previous epoch: the module logs it after the callbacks have run."""
        loss = trainer.callback_metrics.get("train/loss")
        if loss is not None:
            self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Advance the bar by one epoch."""
        self._bar.update()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar."""
        self._bar.close()
