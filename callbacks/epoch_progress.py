"""One line of progress a run, with the time left."""

import math
import sys

import pytorch_lightning as pl
from tqdm import tqdm


class EpochProgress(pl.Callback):
    """A bar over epochs; silent where standard error is not a terminal.

    A bar over batches, Lightning's default, costs more than these small networks' steps.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar."""
        steps, batches = trainer.estimated_stepping_batches, trainer.num_training_batches
        self._bar = tqdm(
            total=math.ceil(steps / batches),  # the epochs may be given, or the steps
            unit="epoch",
            leave=False,
            disable=not sys.stderr.isatty(),
        )

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the loss of the epoch before; a module tells its own after the callbacks' turn."""
        loss = trainer.callback_metrics.get("train/loss")
        if loss is not None:
            self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Advance the bar by one epoch."""
        self._bar.update()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar."""
        self._bar.close()
