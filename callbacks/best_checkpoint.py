"""Keeps the best epoch on validation subjects."""

from pathlib import Path

from pytorch_lightning.callbacks import ModelCheckpoint

from posed_spontaneous.runs import RunCard


def best_checkpoint(folder: Path, card: RunCard, *, monitor: str) -> ModelCheckpoint:
    """A callback that writes ``best.ckpt`` into the run folder.

    Args:
        folder: The run folder.
        card: The run's identity; not used.
        monitor: The logged metric that should be smallest.
    """
    return ModelCheckpoint(folder, filename="best", monitor=monitor, save_weights_only=True)
