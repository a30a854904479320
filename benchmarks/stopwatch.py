"""Measures the time of a training from within."""

import resource
import time
from dataclasses import dataclass
from itertools import pairwise

import pytorch_lightning as pl
import torch


@dataclass(frozen=True)
class Measured:
    """One training, timed.

    Attributes:
        epochs: Seconds of each epoch except the first, a warm-up.
        rest: Seconds of everything else: set-up, prediction, writing.
        memory: Peak resident memory of the process so far, bytes.
    """

    epochs: list[float]
    rest: float
    memory: int


class Stopwatch(pl.Callback):
    """Records when each epoch begins, and when the last one ends."""

    def __init__(self) -> None:
        self.created = time.perf_counter()
        self.marks: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the time."""
        self._mark()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the time."""
        self._mark()

    def _mark(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a GPU may still be computing
        self.marks.append(time.perf_counter())

    def read(self) -> Measured:
        """The measurements, after the training has returned."""
        return measure(self.created, self.marks)


def measure(created: float, marks: list[float]) -> Measured:
    """Seconds between marks of ``perf_counter``, called immediately after the last.

    Args:
        created: When the work began.
        marks: When each epoch began, and when the last one ended.
    """
    epochs = [end - start for start, end in pairwise(marks)]
    rest = time.perf_counter() - created - sum(epochs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measured(epochs[1:], rest, memory)
