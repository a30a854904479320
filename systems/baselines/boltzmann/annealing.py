"""log Z by annealed importance sampling.

Neal 2001, "Annealed importance sampling"; Salakhutdinov and Murray 2008, "On the quantitative
analysis of deep belief networks", brought it to restricted Boltzmann machines, with a start at the
data's base rates; Salakhutdinov and Hinton 2009 to deep ones. A chain's state is the first hidden
layer alone: given it all others are independent and summed out, which serves restricted and deep
machines, for Bernoulli and Gaussian visible units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.ascent import require
from posed_spontaneous.systems.baselines.boltzmann.units import BERNOULLI, Units


class Outer(NamedTuple):
    """Units that touch only the layer in the middle.

    Args:
        units: What they are.
        bias: ``(D,)``.
        weights: To the layer in the middle, ``(D, H)``.
    """

    units: Units
    bias: Tensor
    weights: Tensor

    def field(self, h: Tensor) -> Tensor:
        """Field of these units given the middle ones: ``(N, H)`` to ``(N, D)``."""
        return torch.addmm(self.bias, h, self.weights.T)


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of H Bernoulli units and all that touches it.

    Args:
        bias: ``(H,)``.
        outer: The layers around it.
    """

    bias: Tensor
    outer: tuple[Outer, ...]


class LogZ(NamedTuple):
    """An estimate of log Z and its standard error, in nats."""

    value: float
    error: float


@dataclass(frozen=True)
class Annealing:
    """Annealed importance sampling, from separate units to the machine.

    Args:
        steps: Temperatures on the way, evenly spaced, 1 or more.
        chains: Independent chains, 2 or more. The error is estimated from their spread, and is
            too small where all of them miss a mode.

    Raises:
        InputError: If a value is out of range.
    """

    steps: int = 1000
    chains: int = 100

    def __post_init__(self) -> None:
        require("ais_steps", self.steps, self.steps >= 1, "1 or more")
        require("ais_chains", self.chains, self.chains >= 2, "2 or more")

    def log_z(
        self, layer: Layer, generator: Generator, start: Sequence[Tensor] | None = None
    ) -> LogZ:
        """Estimate log Z.

        Args:
            layer: The machine.
            generator: Source of all random numbers.
            start: Fields of the separate units: the middle layer's ``(H,)``, then each outer
                one's ``(D,)``. Those of the data's base rates shorten the way of a trained
                machine; the machine's own biases by default.
        """
        own = (layer.bias, *(o.bias for o in layer.outer))
        resting, *around = own if start is None else start
        h = BERNOULLI.sample(resting.expand(self.chains, -1), generator)
        log_weights = h.new_zeros(self.chains, dtype=torch.float64)
        for before, now in pairwise(torch.linspace(0, 1, self.steps + 1).tolist()):
            log_weights += (now - before) * (h @ (layer.bias - resting))
            field = layer.bias.clone()
            for outer, rest in zip(layer.outer, around, strict=True):
                full = outer.field(h)
                hot, warm = rest.lerp(full, before), rest.lerp(full, now)
                log_weights += outer.units.log_partition(warm) - outer.units.log_partition(hot)
                field = field + outer.units.sample(warm, generator) @ outer.weights
            h = BERNOULLI.sample(resting.lerp(field, now), generator)
        separate = [BERNOULLI.log_partition(resting)]
        separate += [o.units.log_partition(r) for o, r in zip(layer.outer, around, strict=True)]
        mean = torch.logsumexp(log_weights, dim=0) - log(self.chains)
        error = (log_weights - mean).exp().std() / self.chains**0.5
        return LogZ(float(torch.stack(separate).sum() + mean), float(error))
