"""Measures the duration of a training from within."""

import resource
import time
from dataclasses import dataclass
from itertools import pairwise

import pytorch_lightning as pl
import torch


@dataclass(frozen=True)
class Measurement:
    """Duration and memory of one training.

    Attributes:
        epochs: Seconds of each epoch except the first, which is a warm-up.
        rest: Seconds of everything except epochs: set-up, prediction and writing.
        memory: Peak resident memory of the process until now, in bytes.
    """

    epochs: list[float]
    rest: float
    memory: int


class Stopwatch(pl.Callback):
    """Records the start of each epoch and the end of the last one."""

    def __init__(self) -> None:
        self.created = time.perf_counter()
        self.times: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the time."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a GPU computes asynchronously
        self.times.append(time.perf_counter())

    on_train_end = on_train_epoch_start

    def read(self) -> Measurement:
        """Return the measurement; to be called when the training has returned."""
        return measure(self.created, self.times)


def measure(created: float, times: list[float]) -> Measurement:
    """Return the measurement of a training that has just ended.

    Args:
        created: ``perf_counter`` at the start of the work.
        times: ``perf_counter`` at the start of each epoch and at the end of the last one.
    """
    epochs = [end - start for start, end in pairwise(times)]
    rest = time.perf_counter() - created - sum(epochs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measurement(epochs[1:], rest, memory)
