"""Measures every network with every training method."""

import logging
import operator
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from statistics import mean, median
from typing import Any, TypeVar

import pandas as pd
import torch
from tqdm import tqdm

from posed_spontaneous.benchmarks import methods
from posed_spontaneous.benchmarks.measurements import Measurement, convolution_rate
from posed_spontaneous.runtime.worker_pool import WorkerPool

Result = TypeVar("Result")


def compare(
    networks: Sequence[str], overrides: Sequence[str], *, rounds: int, epochs: int, cores: int
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Measure all networks; in each round, every network is measured with every method.

    Args:
        networks: Options of ``network=``.
        overrides: Further overrides of each job.
        rounds: Number of rounds.
        epochs: Number of epochs in a measurement, after one warm-up epoch.
        cores: Number of cores to use.

    Returns:
        A table and the FLOP per second of a convolution on one thread, while all cores are busy,
        by precision. The table has one row per network. ``standard`` (one process with one thread
        per core), ``project`` (one process of one thread per core at the same time) and ``plain
        loop`` (likewise) are median seconds of an epoch, ``rest`` is the mean seconds of a run of
        the project outside its epochs, and ``flops`` the operations of an epoch.
    """
    rates: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    measured: dict[str, dict[str, list[Measurement]]] = {
        network: {"standard": [], "project": [], "plain loop": []} for network in networks
    }
    # The standard baseline has its own process, without the settings of the project.
    with (
        WorkerPool(cores, _disable_warnings) as workers,
        WorkerPool(1, _disable_warnings) as standard,
        tqdm(total=rounds * len(networks), unit="network") as bar,
    ):
        for _ in range(rounds):
            for precision, values in rates.items():
                values += _run(workers, cores, convolution_rate, getattr(torch, precision))
            for network, times in measured.items():
                job = [*overrides, f"network={network}"]
                times["standard"] += _run(standard, 1, methods.standard, job, epochs + 1, cores)
                times["project"] += _run(workers, cores, methods.project, job, epochs + 1)
                times["plain loop"] += _run(workers, cores, methods.plain_loop, job, epochs + 1)
                bar.update()
        jobs = [[*overrides, f"network={network}"] for network in networks]
        flops = [_run(workers, 1, methods.epoch_flops, job)[0] for job in jobs]
    table = pd.DataFrame(measured).T
    rest = table["project"].map(lambda runs: mean(run.rest for run in runs))
    seconds = table.map(lambda runs: median(epoch for run in runs for epoch in run.epochs))
    return (
        seconds.assign(rest=rest, flops=flops),
        {precision: median(values) for precision, values in rates.items()},
    )


def peak_memory(method: Callable[..., Measurement], *arguments: Any) -> int:
    """Return the peak memory, in bytes, of a new process that trains with one method."""
    with WorkerPool(1, _disable_warnings) as worker:
        (measurement,) = _run(worker, 1, method, *arguments)
    return measurement.memory


def _run(
    pool: WorkerPool, times: int, function: Callable[..., Result], *arguments: Any
) -> list[Result]:
    """Run a function in several workers at the same time, and return the results."""
    tasks = [partial(function, *arguments)] * times
    return [future.result() for _, future in pool.run(operator.call, tasks)]


def _disable_warnings() -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
