"""Measures the duration of a training, the rate of a convolution, and the start-up of a command."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytorch_lightning as pl
import torch
from torch.nn import functional

ROOT = Path(__file__).parent.parent
RATE_SECONDS = 0.5
"""Duration of the measurement of a rate."""


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

    def record(self) -> None:
        """Record the time."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a GPU computes asynchronously
        self.times.append(time.perf_counter())

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the time."""
        self.record()

    on_train_end = on_train_epoch_start

    def read(self) -> Measurement:
        """Return the measurement; to be called when the training has returned."""
        epochs = [end - start for start, end in pairwise(self.times)]
        rest = time.perf_counter() - self.created - sum(epochs)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return Measurement(epochs[1:], rest, memory)


def convolution_rate(
    dtype: torch.dtype, device: torch.device | None = None, images: int = 32
) -> float:
    """Measure the FLOP per second of block 2's convolution, forward and backward, on one thread.

    Most of a network's arithmetic is in it: 20 to 40 channels, 5x5 kernels, maps of 20x20.

    Args:
        dtype: ``torch.float32`` or ``torch.bfloat16``.
        device: The device; None for the CPU.
        images: Number of images in a batch, by default those of 16 pairs.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind: Any = {"dtype": dtype, "device": device}
    layout = torch.channels_last
    maps = torch.randn(images, 20, 20, 20, **kind).to(memory_format=layout).requires_grad_()
    weights = torch.randn(40, 20, 5, 5, **kind).to(memory_format=layout).requires_grad_()
    gradient = torch.ones(images, 40, 16, 16, **kind).to(memory_format=layout)
    flops = 3 * 2 * gradient.numel() * weights[0].numel()

    def step() -> None:
        torch.autograd.grad(functional.conv2d(maps, weights), (maps, weights), gradient)
        if device is not None and device.type == "cuda":
            torch.cuda.synchronize()

    step()
    seconds, end = [], time.perf_counter() + RATE_SECONDS
    while (start := time.perf_counter()) < end:
        step()
        seconds.append(time.perf_counter() - start)
    return flops / median(seconds)


class FirstStep(pl.Callback):
    """Writes the time of the first training step to a file, in seconds, and exits."""

    def __init__(self, file: str) -> None:
        self.file = Path(file)

    def on_train_batch_end(self, *_: Any) -> None:
        """Write the time and exit."""
        self.file.write_text(str(time.time()))
        os._exit(0)


def time_first_step(overrides: Sequence[str]) -> float:
    """Return the seconds from the start of ``python train.py`` to the end of its first step."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "step")
        command = [
            *(sys.executable, "train.py", *overrides, f"paths.runs={folder}"),
            f"+callbacks.first={{_target_: {__name__}.FirstStep, file: {file}}}",
        ]
        started = time.time()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not file.is_file():
            raise RuntimeError(f"train.py made no step: {done.stderr or done.stdout}")
        return float(file.read_text()) - started
