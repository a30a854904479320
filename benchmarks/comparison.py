"""Every network trained in every way, in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
from tqdm import tqdm

from posed_spontaneous.benchmarks import ways
from posed_spontaneous.benchmarks.floor import convolution_rate
from posed_spontaneous.benchmarks.seats import Seats
from posed_spontaneous.benchmarks.stopwatch import Measured


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
        Seats(cores) as seats,
        Seats(1) as guest,
        tqdm(total=rounds * len(networks), unit="network") as bar,
    ):
        for network in networks:
            flops = seats.alone(ways.count_flops, [*overrides, f"network={network}"])
            timed[network] = Timed(flops)
        for _ in range(rounds):
            for precision, measured in rates.items():
                measured += seats.together(convolution_rate, getattr(torch, precision))
            for network, times in timed.items():
                asked = [*overrides, f"network={network}"]
                times.peer.append(guest.alone(ways.peer, asked, epochs + 1, cores))
                times.ours += seats.together(ways.ours, asked, epochs + 1)
                times.plain += seats.together(ways.plain, asked, epochs + 1)
                bar.update()
    return Comparison(timed, {precision: median(all_) for precision, all_ in rates.items()})


def peak_memory(way: Callable[..., Measured], *arguments: Any) -> int:
    """Bytes that a fresh process of one way takes at most."""
    with Seats(1) as seat:
        return seat.alone(way, *arguments).memory


def seconds(measured: Sequence[Measured]) -> float:
    """The median epoch."""
    return median(epoch for one in measured for epoch in one.epochs)
