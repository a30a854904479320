"""Measures every network with every training method."""

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
from posed_spontaneous.benchmarks.stopwatch import Measurement
from posed_spontaneous.runtime.worker_pool import WorkerPool

Result = TypeVar("Result")


@dataclass
class NetworkMeasurements:
    """Measurements of one network.

    Attributes:
        flops: Floating-point operations of one epoch, forward and backward.
        standard: The standard Lightning baseline, one process with one thread per core.
        project: The project, one process of one thread per core at the same time.
        plain: The project without Lightning, likewise.
    """

    flops: int
    standard: list[Measurement] = field(default_factory=list)
    project: list[Measurement] = field(default_factory=list)
    plain: list[Measurement] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """All measurements.

    Attributes:
        networks: Measurements by network.
        rates: FLOP per second of a convolution on one thread, while all cores are busy, by
            precision.
    """

    networks: dict[str, NetworkMeasurements]
    rates: dict[str, float]


def compare(
    networks: Sequence[str], overrides: Sequence[str], *, rounds: int, epochs: int, cores: int
) -> Comparison:
    """Measure all networks; in each round, every network is measured with every method.

    Args:
        networks: Options of ``network=``.
        overrides: Further overrides of each job.
        rounds: Number of rounds.
        epochs: Number of epochs in a measurement, after one warm-up epoch.
        cores: Number of cores to use.
    """
    measured: dict[str, NetworkMeasurements] = {}
    rates: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    # The standard baseline has its own process, without the settings of the project.
    with (
        WorkerPool(cores, _disable_warnings) as workers,
        WorkerPool(1, _disable_warnings) as standard,
        tqdm(total=rounds * len(networks), unit="network") as bar,
    ):
        for network in networks:
            (flops,) = _run(workers, 1, methods.epoch_flops, [*overrides, f"network={network}"])
            measured[network] = NetworkMeasurements(flops)
        for _ in range(rounds):
            for precision, values in rates.items():
                values += _run(workers, cores, convolution_rate, getattr(torch, precision))
            for network, times in measured.items():
                options = [*overrides, f"network={network}"]
                times.standard += _run(standard, 1, methods.standard, options, epochs + 1, cores)
                times.project += _run(workers, cores, methods.project, options, epochs + 1)
                times.plain += _run(workers, cores, methods.plain_loop, options, epochs + 1)
                bar.update()
    return Comparison(measured, {precision: median(values) for precision, values in rates.items()})


def peak_memory(method: Callable[..., Measurement], *arguments: Any) -> int:
    """Return the peak memory, in bytes, of a new process that trains with one method."""
    with WorkerPool(1, _disable_warnings) as worker:
        (measurement,) = _run(worker, 1, method, *arguments)
    return measurement.memory


def epoch_seconds(measurements: Sequence[Measurement]) -> float:
    """Return the median duration of an epoch in seconds."""
    return median(epoch for one in measurements for epoch in one.epochs)


def _run(
    pool: WorkerPool, times: int, function: Callable[..., Result], *arguments: Any
) -> list[Result]:
    """Run a function in several workers at the same time, and return the results."""
    tasks = [partial(function, *arguments)] * times
    return [future.result() for _, future in pool.run(operator.call, tasks)]


def _disable_warnings() -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
