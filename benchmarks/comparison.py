"""Measures every network with every method, interleaved."""

import logging
import operator
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any, TypeVar

import torch
from tqdm import tqdm

from posed_spontaneous.benchmarks import methods
from posed_spontaneous.benchmarks.floor import convolution_rate
from posed_spontaneous.benchmarks.stopwatch import Measured
from posed_spontaneous.runtime.worker_pool import WorkerPool

Result = TypeVar("Result")


@dataclass
class Timed:
    """Measurements of one network.

    Attributes:
        flops: Floating-point operations of one epoch, forward and backward.
        standard: The standard Lightning baseline, one process with a thread per core.
        project: The project, a process of one thread on every core at the same time.
        plain: The project without Lightning.
    """

    flops: int
    standard: list[Measured] = field(default_factory=list)
    project: list[Measured] = field(default_factory=list)
    plain: list[Measured] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """All measurements.

    Attributes:
        networks: Measurements of each network.
        rates: FLOP per second of a convolution on one thread with all cores busy, by precision.
    """

    networks: dict[str, Timed]
    rates: dict[str, float]


def compare(
    networks: Sequence[str], overrides: Sequence[str], *, rounds: int, epochs: int, cores: int
) -> Comparison:
    """Measure all networks.

    Args:
        networks: Options of ``network=``.
        overrides: Further overrides of the job.
        rounds: Number of measurements of each network and method.
        epochs: Epochs that are measured each time, after one warm-up epoch.
        cores: Number of cores used.
    """
    timed: dict[str, Timed] = {}
    rates: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    # The standard baseline has its own process, in which the project has set nothing.
    with (
        WorkerPool(cores, _disable_warnings) as workers,
        WorkerPool(1, _disable_warnings) as standard,
        tqdm(total=rounds * len(networks), unit="network") as bar,
    ):
        for network in networks:
            (flops,) = _run(workers, 1, methods.epoch_flops, [*overrides, f"network={network}"])
            timed[network] = Timed(flops)
        for _ in range(rounds):
            for precision, measured in rates.items():
                measured += _run(workers, cores, convolution_rate, getattr(torch, precision))
            for network, times in timed.items():
                options = [*overrides, f"network={network}"]
                times.standard += _run(standard, 1, methods.standard, options, epochs + 1, cores)
                times.project += _run(workers, cores, methods.project, options, epochs + 1)
                times.plain += _run(workers, cores, methods.plain_loop, options, epochs + 1)
                bar.update()
    return Comparison(timed, {precision: median(all_) for precision, all_ in rates.items()})


def peak_memory(method: Callable[..., Measured], *arguments: Any) -> int:
    """Peak memory in bytes of a new process that trains with one method."""
    with WorkerPool(1, _disable_warnings) as worker:
        (measured,) = _run(worker, 1, method, *arguments)
    return measured.memory


def seconds(measured: Sequence[Measured]) -> float:
    """Median duration of an epoch."""
    return median(epoch for one in measured for epoch in one.epochs)


def _run(
    pool: WorkerPool, times: int, function: Callable[..., Result], *arguments: Any
) -> list[Result]:
    """Run a function in several workers at the same time, and return the results."""
    tasks = [partial(function, *arguments)] * times
    return [future.result() for _, future in pool.run(operator.call, tasks)]


def _disable_warnings() -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
