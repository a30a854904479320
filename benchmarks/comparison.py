"""Every network trained in every way, in turn."""

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

from posed_spontaneous.benchmarks import ways
from posed_spontaneous.benchmarks.floor import convolution_rate
from posed_spontaneous.benchmarks.stopwatch import Measured
from posed_spontaneous.runtime.worker_pool import WorkerPool

Result = TypeVar("Result")


@dataclass
class Timed:
    """What was measured of one network.

    Attributes:
        flops: Arithmetic of one epoch, forward and backward.
        peer: The peer's way, one process with a thread a core.
        ours: Ours, a process of one thread on every core at once.
        plain: The same as ours without Lightning.
    """

    flops: int
    peer: list[Measured] = field(default_factory=list)
    ours: list[Measured] = field(default_factory=list)
    plain: list[Measured] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """Everything that was measured.

    Attributes:
        networks: Each network by its name.
        rates: FLOP per second of a convolution on one thread, all cores at work, by precision.
    """

    networks: dict[str, Timed]
    rates: dict[str, float]


def compare(
    networks: Sequence[str], overrides: Sequence[str], *, rounds: int, epochs: int, cores: int
) -> Comparison:
    """Measure all networks.

    Args:
        networks: Options of ``network=``.
        overrides: What else the job is told.
        rounds: How often each is measured in each way.
        epochs: Epochs that are measured each time, after one that warms up.
        cores: How many cores are put to work.
    """
    timed: dict[str, Timed] = {}
    rates: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    # The peer has a process of its own, in which nothing of ours was set.
    with (
        WorkerPool(cores, _disable_warnings) as workers,
        WorkerPool(1, _disable_warnings) as peer,
        tqdm(total=rounds * len(networks), unit="network") as bar,
    ):
        for network in networks:
            (flops,) = _run(workers, 1, ways.count_flops, [*overrides, f"network={network}"])
            timed[network] = Timed(flops)
        for _ in range(rounds):
            for precision, measured in rates.items():
                measured += _run(workers, cores, convolution_rate, getattr(torch, precision))
            for network, times in timed.items():
                asked = [*overrides, f"network={network}"]
                times.peer += _run(peer, 1, ways.peer, asked, epochs + 1, cores)
                times.ours += _run(workers, cores, ways.ours, asked, epochs + 1)
                times.plain += _run(workers, cores, ways.plain, asked, epochs + 1)
                bar.update()
    return Comparison(timed, {precision: median(all_) for precision, all_ in rates.items()})


def peak_memory(way: Callable[..., Measured], *arguments: Any) -> int:
    """Peak memory in bytes of a new process that trains in one way."""
    with WorkerPool(1, _disable_warnings) as worker:
        (measured,) = _run(worker, 1, way, *arguments)
    return measured.memory


def seconds(measured: Sequence[Measured]) -> float:
    """The median epoch."""
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
