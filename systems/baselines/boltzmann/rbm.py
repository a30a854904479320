"""The restricted Boltzmann machine, trained by persistent contrastive divergence."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import GradientAscent
from posed_spontaneous.systems.baselines.boltzmann.importance_sampling import (
    AdjacentLayer,
    CentralLayer,
)
from posed_spontaneous.systems.baselines.boltzmann.units import BERNOULLI, Units

Statistics = tuple[Tensor, ...]
"""Mean sufficient statistic of each parameter, in the shape of the parameter."""


@dataclass(eq=False)
class RBM:
    """A restricted Boltzmann machine of D visible and H Bernoulli hidden units.

    ``p(v, h) = base(v) exp(v W h + b v + c h) / Z``, where the base measure of Gaussian
    units is ``exp(-v^2 / 2)``. Given h they have variance 1 and mean ``b + W h``.

    Args:
        visible: Type of the visible units.
        weights: W, ``(D, H)``.
        visible_bias: b, ``(D,)``.
        hidden_bias: c, ``(H,)``.
    """

    visible: Units
    weights: Tensor
    visible_bias: Tensor
    hidden_bias: Tensor

    @classmethod
    def initialize(cls, rows: Tensor, hidden: int, visible: Units, generator: Generator) -> "RBM":
        """An untrained machine: visible biases from the base rates of the rows, random weights."""
        inputs = rows.shape[1]
        weights = torch.randn(inputs, hidden, generator=generator, dtype=rows.dtype)
        # This is the common scale of 0.01 for 44x44 inputs. It is larger for fewer inputs, so that
        # the total input of a hidden unit has about the same size.
        weights *= 0.5 / inputs**0.5
        return cls(visible, weights, visible.base_rate_field(rows), rows.new_zeros(hidden))

    @property
    def parameters(self) -> Statistics:
        """Weights and both biases, in the order of ``statistics``."""
        return self.weights, self.visible_bias, self.hidden_bias

    def free_energy(self, v: Tensor) -> Tensor:
        """Free energy of rows: ``(N, D)`` to ``(N,)``; ``log p(v) = -free_energy(v) - log Z``."""
        return -(
            self.visible.log_base(v)
            + v @ self.visible_bias
            + BERNOULLI.log_partition(self.hidden_field(v))
        )

    def hidden_field(self, v: Tensor) -> Tensor:
        """Field of the hidden units given visible states: ``(N, D)`` to ``(N, H)``."""
        return torch.addmm(self.hidden_bias, v, self.weights)

    def hidden_mean(self, v: Tensor) -> Tensor:
        """``E[h | v]``: ``(N, D)`` to ``(N, H)``."""
        return BERNOULLI.mean(self.hidden_field(v))

    def sample(
        self, v: Tensor, sweeps: int, generator: Generator, copies: tuple[int, int] = (1, 1)
    ) -> Tensor:
        """Visible states ``(N, D)`` after Gibbs sampling that starts at the given states.

        With copies, as in ``train``, the states are sums over the visible copies.
        """
        below, above = copies
        for _ in range(sweeps):
            h = sum_of_copies(BERNOULLI, self.hidden_field(v), above, generator)
            field = torch.addmm(self.visible_bias, h, self.weights.T)
            v = sum_of_copies(self.visible, field, below, generator)
        return v

    def statistics(self, v: Tensor, h: Tensor) -> Statistics:
        """Means over rows of ``v h``, ``v`` and ``h``.

        The gradient of the mean ``log p(v)`` is the statistics of the data with ``E[h | v]`` minus
        their expectation under the model.

        Args:
            v: Visible states, ``(N, D)``.
            h: Hidden states or means, ``(N, H)``.
        """
        return v.T @ h / len(v), v.mean(dim=0), h.mean(dim=0)

    def train(
        self,
        rows: Tensor,
        ascent: GradientAscent,
        generator: Generator,
        copies: tuple[int, int] = (1, 1),
    ) -> None:
        """Train by persistent contrastive divergence (Tieleman 2008), in place.

        Args:
            rows: Training rows, ``(N, D)``, 0 to 1 for Bernoulli units, with standard deviation 1
                for Gaussian units.
            ascent: Training options.
            generator: Source of all random numbers.
            copies: Number of visible and of hidden copies with shared weights, for pre-training of
                a deep machine.
        """
        below, above = copies
        start = torch.randint(len(rows), (ascent.chains,), generator=generator)
        # Weights are shared, so only the sum over copies matters.
        chain = below * rows[start]

        def gradient(batch: Tensor) -> Statistics:
            nonlocal chain
            chain = self.sample(chain, ascent.sweeps, generator, copies)
            visible = below * rows[batch]
            data = self.statistics(visible, above * self.hidden_mean(visible))
            model = self.statistics(chain, above * self.hidden_mean(chain))
            return tuple(d - m for d, m in zip(data, model, strict=True))

        ascent.maximize(self.parameters, len(rows), gradient, generator)

    def central_layer(self) -> CentralLayer:
        """The machine as annealed importance sampling expects it, centred on the hidden units."""
        return CentralLayer(
            self.hidden_bias, (AdjacentLayer(self.visible, self.visible_bias, self.weights),)
        )

    def base_rate_fields(self, rows: Tensor) -> Statistics:
        """Biases of a base-rate model of the rows: hidden units, then visible units."""
        hidden = BERNOULLI.base_rate_field(self.hidden_mean(rows))
        return hidden, self.visible.base_rate_field(rows)


def sum_of_copies(units: Units, field: Tensor, copies: int, generator: Generator) -> Tensor:
    """Sum of independent samples of units with the same field, in the shape of the field."""
    total = units.sample(field, generator)
    for _ in range(copies - 1):
        total += units.sample(field, generator)
    return total
