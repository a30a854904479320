"""The deep Boltzmann machine with two hidden layers (Salakhutdinov and Hinton 2009).

All connections are undirected, unlike in a deep belief network. The first hidden layer receives
input from the visible units and from the second hidden layer.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import GradientAscent
from posed_spontaneous.systems.baselines.boltzmann.importance_sampling import (
    AdjacentLayer,
    CentralLayer,
)
from posed_spontaneous.systems.baselines.boltzmann.rbm import RBM, Statistics
from posed_spontaneous.systems.baselines.boltzmann.units import BERNOULLI, Units


@dataclass(eq=False)
class DBM:
    """A deep Boltzmann machine of D visible units and H1 and H2 Bernoulli hidden units.

    ``p(v, h1, h2) = base(v) exp(v W1 h1 + h1 W2 h2 + b v + c1 h1 + c2 h2) / Z``.

    Args:
        visible: Type of the visible units.
        mean_field_updates: Mean-field updates, 1 or more.
        lower: W1, ``(D, H1)``.
        upper: W2, ``(H1, H2)``.
        visible_bias: b, ``(D,)``.
        lower_bias: c1, ``(H1,)``.
        upper_bias: c2, ``(H2,)``.
    """

    visible: Units
    mean_field_updates: int
    lower: Tensor
    upper: Tensor
    visible_bias: Tensor
    lower_bias: Tensor
    upper_bias: Tensor

    @classmethod
    def pretrain(
        cls,
        rows: Tensor,
        hidden: tuple[int, int],
        visible: Units,
        mean_field_updates: int,
        ascent: GradientAscent,
        generator: Generator,
    ) -> "DBM":
        """Pre-train two restricted machines and combine them.

        In the deep machine, the first hidden layer receives input from both sides. To account for
        that, the lower machine is trained with two copies of the visible units, and the upper
        machine with two copies of its hidden units, with shared weights. The bias of the shared
        layer is the mean of its two biases.

        Args:
            rows: Training rows, ``(N, D)``.
            hidden: H1 and H2.
            visible: As in the class.
            mean_field_updates: As in the class.
            ascent: Training options of each machine.
            generator: Source of all random numbers.
        """
        lower = RBM.initialize(rows, hidden[0], visible, generator)
        lower.train(rows, ascent, generator, copies=(2, 1))
        means = lower.hidden_mean(2 * rows)
        upper = RBM.initialize(means, hidden[1], BERNOULLI, generator)
        upper.train(means, ascent, generator, copies=(1, 2))
        return cls(
            visible,
            mean_field_updates,
            lower.weights,
            upper.weights,
            lower.visible_bias,
            (lower.hidden_bias + upper.visible_bias) / 2,
            upper.hidden_bias,
        )

    @property
    def parameters(self) -> Statistics:
        """Weights and biases, in the order of ``statistics``."""
        return self.lower, self.upper, self.visible_bias, self.lower_bias, self.upper_bias

    def double(self) -> "DBM":
        """The same machine in double precision."""
        return DBM(self.visible, self.mean_field_updates, *(p.double() for p in self.parameters))

    def mean_field(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Mean-field approximation of the posterior, by fixed-point iteration.

        In the first pass, W1 is doubled to replace the unknown input from the second layer.

        Args:
            v: Visible states, ``(N, D)``.

        Returns:
            Means of the hidden layers, ``(N, H1)`` and ``(N, H2)``, 0 to 1.
        """
        from_visible = v @ self.lower
        h1 = torch.sigmoid(2 * from_visible + self.lower_bias)
        below = from_visible + self.lower_bias
        for _ in range(self.mean_field_updates):
            h2 = torch.sigmoid(torch.addmm(self.upper_bias, h1, self.upper))
            h1 = torch.sigmoid(torch.addmm(below, h2, self.upper.T))
        return h1, torch.sigmoid(torch.addmm(self.upper_bias, h1, self.upper))

    def statistics(self, v: Tensor, h1: Tensor, h2: Tensor) -> Statistics:
        """Means over rows of ``v h1``, ``h1 h2``, ``v``, ``h1`` and ``h2``.

        The gradient of the mean ``log p(v)`` is their expectation under the posterior given the
        data minus their expectation under the model. Training replaces the posterior by its
        mean-field approximation.

        Args:
            v: Visible states, ``(N, D)``.
            h1: States or means of the first hidden layer, ``(N, H1)``.
            h2: States or means of the second hidden layer, ``(N, H2)``.
        """
        couplings = v.T @ h1 / len(v), h1.T @ h2 / len(v)
        return *couplings, v.mean(dim=0), h1.mean(dim=0), h2.mean(dim=0)

    def train(self, rows: Tensor, ascent: GradientAscent, generator: Generator) -> None:
        """Train both layers jointly, in place, by mean-field inference and persistent chains.

        Args:
            rows: Training rows, ``(N, D)``.
            ascent: Training options.
            generator: Source of all random numbers.
        """
        start = torch.randint(len(rows), (ascent.chains,), generator=generator)
        chain = self.mean_field(rows[start])[0]

        def gradient(batch: Tensor) -> Statistics:
            nonlocal chain
            for _ in range(ascent.sweeps):
                chain = self._sweep(chain, generator)
            data = self.statistics(rows[batch], *self.mean_field(rows[batch]))
            # The statistics are linear in v and h2 given h1, so means replace samples and reduce
            # the variance.
            below, above = (o.units.mean(o.field(chain)) for o in self.central_layer().adjacent)
            model = self.statistics(below, chain, above)
            return tuple(d - m for d, m in zip(data, model, strict=True))

        ascent.maximize(self.parameters, len(rows), gradient, generator)

    def _sweep(self, h1: Tensor, generator: Generator) -> Tensor:
        """The first hidden layer after one sweep of Gibbs sampling over all units."""
        below, above = (
            o.units.sample(o.field(h1), generator) for o in self.central_layer().adjacent
        )
        field = torch.addmm(self.lower_bias + below @ self.lower, above, self.upper.T)
        return BERNOULLI.sample(field, generator)

    def central_layer(self) -> CentralLayer:
        """The machine as annealed importance sampling expects it, centred on h1."""
        below = AdjacentLayer(self.visible, self.visible_bias, self.lower)
        return CentralLayer(
            self.lower_bias, (below, AdjacentLayer(BERNOULLI, self.upper_bias, self.upper.T))
        )

    def base_rate_fields(self, rows: Tensor) -> Statistics:
        """Biases of a base-rate model of the rows: h1, visible units, h2."""
        h1, h2 = map(BERNOULLI.base_rate_field, self.mean_field(rows))
        return h1, self.visible.base_rate_field(rows), h2
