"""The restricted Boltzmann machine, trained by persistent contrastive divergence."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.annealing import Layer, Outer
from posed_spontaneous.systems.baselines.boltzmann.ascent import Ascent
from posed_spontaneous.systems.baselines.boltzmann.units import BERNOULLI, Units

Statistics = tuple[Tensor, ...]
"""Means of the factors of each parameter in the negative energy, in the parameter's shape."""


@dataclass(eq=False)
class RBM:
    """D visible units and H Bernoulli hidden ones.

    ``p(v, h) = base(v) exp(v W h + b v + c h) / Z``, where the base of Gaussian units is
    ``exp(-v^2 / 2)``: given h they have variance one and the mean ``b + W h``.

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
    def start(cls, rows: Tensor, hidden: int, visible: Units, generator: Generator) -> "RBM":
        """An untrained machine: visible biases from the means of the rows, small random weights."""
        inputs = rows.shape[1]
        weights = torch.randn(inputs, hidden, generator=generator, dtype=rows.dtype)
        # The usual scale of .01 for 44x44 inputs, larger for fewer inputs, so that the hidden
        # units receive inputs of about the same size.
        weights *= 0.5 / inputs**0.5
        return cls(visible, weights, visible.resting_field(rows), rows.new_zeros(hidden))

    @property
    def parameters(self) -> Statistics:
        """Weights and both biases, in the order of ``statistics``."""
        return self.weights, self.visible_bias, self.hidden_bias

    def free_energy(self, v: Tensor) -> Tensor:
        """Of rows ``(N, D)``: ``(N,)``, with ``log p(v) = -free_energy(v) - log Z``."""
        return -(
            self.visible.log_base(v)
            + v @ self.visible_bias
            + BERNOULLI.log_partition(self.hidden_field(v))
        )

    def hidden_field(self, v: Tensor) -> Tensor:
        """The field of the hidden units given visible ones: ``(N, D)`` to ``(N, H)``."""
        return torch.addmm(self.hidden_bias, v, self.weights)

    def hidden_mean(self, v: Tensor) -> Tensor:
        """``E[h | v]``, ``(N, D)`` to ``(N, H)``."""
        return BERNOULLI.mean(self.hidden_field(v))

    def sample(
        self, v: Tensor, sweeps: int, generator: Generator, copies: tuple[int, int] = (1, 1)
    ) -> Tensor:
        """Rows ``(N, D)`` after as many sweeps of Gibbs sampling from the given ones.

        Copies are those of ``train``; the rows are then the sum over the visible ones.
        """
        below, above = copies
        for _ in range(sweeps):
            h = sum_of_copies(BERNOULLI, self.hidden_field(v), above, generator)
            field = torch.addmm(self.visible_bias, h, self.weights.T)
            v = sum_of_copies(self.visible, field, below, generator)
        return v

    def statistics(self, v: Tensor, h: Tensor) -> Statistics:
        """Means over rows of ``v h``, ``v`` and ``h``.

        The gradient of the mean ``log p(v)`` is the statistics of data and ``E[h | v]`` less the
        expectation of the same under the model.

        Args:
            v: Visible states, ``(N, D)``.
            h: Hidden states or means, ``(N, H)``.
        """
        return v.T @ h / len(v), v.mean(dim=0), h.mean(dim=0)

    def train(
        self, rows: Tensor, ascent: Ascent, generator: Generator, copies: tuple[int, int] = (1, 1)
    ) -> None:
        """Climb the likelihood by persistent contrastive divergence (Tieleman 2008), in place.

        Args:
            rows: Training rows, ``(N, D)``: 0 to 1 for Bernoulli units, of standard
                deviation 1 for Gaussian units.
            ascent: Epochs, rate, chains and further options.
            generator: Source of all random numbers.
            copies: Number of copies of the visible and of the hidden units with shared weights, for
                the layers of a deep machine.
        """
        below, above = copies
        start = torch.randint(len(rows), (ascent.chains,), generator=generator)
        # Weights are shared, so only the sum over copies matters.
        chain = below * rows[start]

        def gradient(batch: Tensor) -> Statistics:
            nonlocal chain
            chain = self.sample(chain, ascent.sweeps, generator, copies)
            seen = below * rows[batch]
            data = self.statistics(seen, above * self.hidden_mean(seen))
            model = self.statistics(chain, above * self.hidden_mean(chain))
            return tuple(up - down for up, down in zip(data, model, strict=True))

        ascent.climb(self.parameters, len(rows), gradient, generator)

    def layer(self) -> Layer:
        """The machine in the form that annealing uses: hidden units next to visible units only."""
        return Layer(self.hidden_bias, (Outer(self.visible, self.visible_bias, self.weights),))

    def resting_fields(self, rows: Tensor) -> Statistics:
        """Fields in which separate units would have the rows' means: hidden, then visible."""
        hidden = BERNOULLI.resting_field(self.hidden_mean(rows))
        return hidden, self.visible.resting_field(rows)


def sum_of_copies(units: Units, field: Tensor, copies: int, generator: Generator) -> Tensor:
    """The sum of copies of units with the same input, in the shape of the input."""
    total = units.sample(field, generator)
    for _ in range(copies - 1):
        total += units.sample(field, generator)
    return total
