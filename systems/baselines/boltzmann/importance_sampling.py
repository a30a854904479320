"""Estimates of the partition function Z by annealed importance sampling.

Neal 2001, "Annealed importance sampling". Salakhutdinov and Murray 2008, "On the quantitative
analysis of deep belief networks", apply it to restricted Boltzmann machines and start at the
base-rate model of the data. Salakhutdinov and Hinton 2009 apply it to deep machines. The state of
a chain is the first hidden layer. Given this layer, all other units are independent and are summed
out, both in restricted and in deep machines, for Bernoulli and Gaussian visible units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import require
from posed_spontaneous.systems.baselines.boltzmann.units import BERNOULLI, Units


class AdjacentLayer(NamedTuple):
    """Units that are connected to the central layer only.

    Args:
        units: Type of the units.
        bias: ``(D,)``.
        weights: Weights to the central layer, ``(D, H)``.
    """

    units: Units
    bias: Tensor
    weights: Tensor

    def field(self, h: Tensor) -> Tensor:
        """Input of these units from central states: ``(N, H)`` to ``(N, D)``."""
        return torch.addmm(self.bias, h, self.weights.T)


@dataclass(frozen=True, eq=False)
class CentralLayer:
    """A machine, seen from a layer of H Bernoulli units that all other layers are connected to.

    Args:
        bias: ``(H,)``.
        adjacent: All other layers.
    """

    bias: Tensor
    adjacent: tuple[AdjacentLayer, ...]


class LogZ(NamedTuple):
    """An estimate of log Z and its standard error, in nats."""

    value: float
    error: float


@dataclass(frozen=True)
class AnnealedImportanceSampling:
    """Annealed importance sampling, from a machine without connections to the given machine.

    Args:
        steps: Number of intermediate distributions, evenly spaced, 1 or more.
        chains: Independent chains, 2 or more. The standard error is estimated from their spread.
            It is too small if no chain reaches a mode of the distribution.

    Raises:
        InputError: If a value is out of range.
    """

    steps: int = 1000
    chains: int = 100

    def __post_init__(self) -> None:
        require("ais_steps", self.steps, self.steps >= 1, "1 or more")
        require("ais_chains", self.chains, self.chains >= 2, "2 or more")

    def log_z(
        self, layer: CentralLayer, generator: Generator, base: Sequence[Tensor] | None = None
    ) -> LogZ:
        """Estimate log Z.

        Args:
            layer: The machine.
            generator: Source of all random numbers.
            base: Biases of the machine without connections: ``(H,)`` of the central layer, then
                ``(D,)`` of each adjacent layer. The base rates of the data need fewer steps for a
                trained machine. None uses the biases of the machine.
        """
        biases = (layer.bias, *(o.bias for o in layer.adjacent))
        base_bias, *base_biases = biases if base is None else base
        h = BERNOULLI.sample(base_bias.expand(self.chains, -1), generator)
        log_weights = h.new_zeros(self.chains, dtype=torch.float64)
        for before, now in pairwise(torch.linspace(0, 1, self.steps + 1).tolist()):
            log_weights += (now - before) * (h @ (layer.bias - base_bias))
            field = layer.bias.clone()
            for other, rate in zip(layer.adjacent, base_biases, strict=True):
                full = other.field(h)
                previous, current = rate.lerp(full, before), rate.lerp(full, now)
                partition = other.units.log_partition
                log_weights += partition(current) - partition(previous)
                field = field + other.units.sample(current, generator) @ other.weights
            h = BERNOULLI.sample(base_bias.lerp(field, now), generator)
        base_log_z = [BERNOULLI.log_partition(base_bias)]
        base_log_z += [
            o.units.log_partition(b) for o, b in zip(layer.adjacent, base_biases, strict=True)
        ]
        mean = torch.logsumexp(log_weights, dim=0) - log(self.chains)
        error = (log_weights - mean).exp().std() / self.chains**0.5
        return LogZ(float(torch.stack(base_log_z).sum() + mean), float(error))
