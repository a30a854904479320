"""The deep Boltzmann machine with two hidden layers (Salakhutdinov and Hinton 2009).

All connections are undirected, unlike in a stack of restricted machines (a deep belief network):
the first hidden layer receives input from the data and from the second layer.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.systems.baselines.boltzmann.annealing import Layer, Outer
from posed_spontaneous.systems.baselines.boltzmann.ascent import Ascent
from posed_spontaneous.systems.baselines.boltzmann.rbm import RBM, Statistics
from posed_spontaneous.systems.baselines.boltzmann.units import BERNOULLI, Units


@dataclass(eq=False)
class DBM:
    """D visible units below H1 and H2 Bernoulli hidden ones.

    ``p(v, h1, h2) = base(v) exp(v W1 h1 + h1 W2 h2 + b v + c1 h1 + c2 h2) / Z``.

    Args:
        visible: Type of the visible units.
        settling: Mean-field updates, 1 or more.
        lower: W1, ``(D, H1)``.
        upper: W2, ``(H1, H2)``.
        visible_bias: b, ``(D,)``.
        lower_bias: c1, ``(H1,)``.
        upper_bias: c2, ``(H2,)``.
    """

    visible: Units
    settling: int
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
        settling: int,
        ascent: Ascent,
        generator: Generator,
    ) -> "DBM":
        """Pre-train two restricted machines and combine them.

        In the deep machine the first hidden layer receives input from both sides. To account for
        that, the lower machine is trained with two copies of the visible units, the upper one with
        two copies of its hidden units, with shared weights. The bias of the shared layer is the
        mean of its two biases.

        Args:
            rows: Training rows, ``(N, D)``.
            hidden: H1 and H2.
            visible: As in the class.
            settling: As in the class.
            ascent: Training options of both machines.
            generator: Source of all random numbers.
        """
        lower = RBM.start(rows, hidden[0], visible, generator)
        lower.train(rows, ascent, generator, copies=(2, 1))
        seen = lower.hidden_mean(2 * rows)
        upper = RBM.start(seen, hidden[1], BERNOULLI, generator)
        upper.train(seen, ascent, generator, copies=(1, 2))
        return cls(
            visible,
            settling,
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
        return DBM(self.visible, self.settling, *(p.double() for p in self.parameters))

    def mean_field(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """The factorized approximation of the posterior, by fixed-point iteration.

        The first pass doubles W1 in place of the unknown input from the second layer.

        Args:
            v: Visible states, ``(N, D)``.

        Returns:
            Means of the hidden layers, ``(N, H1)`` and ``(N, H2)``, 0 to 1.
        """
        pull = v @ self.lower
        h1 = torch.sigmoid(2 * pull + self.lower_bias)
        below = pull + self.lower_bias
        for _ in range(self.settling):
            h2 = torch.sigmoid(torch.addmm(self.upper_bias, h1, self.upper))
            h1 = torch.sigmoid(torch.addmm(below, h2, self.upper.T))
        return h1, torch.sigmoid(torch.addmm(self.upper_bias, h1, self.upper))

    def statistics(self, v: Tensor, h1: Tensor, h2: Tensor) -> Statistics:
        """Means over rows of ``v h1``, ``h1 h2``, ``v``, ``h1`` and ``h2``.

        The gradient of the mean ``log p(v)`` is the expectation of these under the posterior of
        the data minus that under the model. Training uses the mean field as the posterior.

        Args:
            v: Visible states, ``(N, D)``.
            h1: States or means of the first hidden layer, ``(N, H1)``.
            h2: States or means of the second hidden layer, ``(N, H2)``.
        """
        couplings = v.T @ h1 / len(v), h1.T @ h2 / len(v)
        return *couplings, v.mean(dim=0), h1.mean(dim=0), h2.mean(dim=0)

    def train(self, rows: Tensor, ascent: Ascent, generator: Generator) -> None:
        """Train both layers jointly, in place: mean field for data, chains for the model.

        Args:
            rows: Training rows, ``(N, D)``.
            ascent: Epochs, rate, chains and further options.
            generator: Source of all random numbers.
        """
        start = torch.randint(len(rows), (ascent.chains,), generator=generator)
        chain = self.mean_field(rows[start])[0]

        def gradient(batch: Tensor) -> Statistics:
            nonlocal chain
            for _ in range(ascent.sweeps):
                chain = self._sweep(chain, generator)
            data = self.statistics(rows[batch], *self.mean_field(rows[batch]))
            # Given h1 the statistics are linear in the rest: means are exact and have less
            # variance.
            below, above = (o.units.mean(o.field(chain)) for o in self.layer().outer)
            model = self.statistics(below, chain, above)
            return tuple(up - down for up, down in zip(data, model, strict=True))

        ascent.climb(self.parameters, len(rows), gradient, generator)

    def _sweep(self, h1: Tensor, generator: Generator) -> Tensor:
        """The first hidden layer after one sweep of Gibbs sampling over all units."""
        below, above = (o.units.sample(o.field(h1), generator) for o in self.layer().outer)
        field = torch.addmm(self.lower_bias + below @ self.lower, above, self.upper.T)
        return BERNOULLI.sample(field, generator)

    def layer(self) -> Layer:
        """The machine in the form that annealing uses: h1 between the visible units and h2."""
        below = Outer(self.visible, self.visible_bias, self.lower)
        return Layer(self.lower_bias, (below, Outer(BERNOULLI, self.upper_bias, self.upper.T)))

    def resting_fields(self, rows: Tensor) -> Statistics:
        """Fields in which separate units would have the rows' means: h1, visible, h2."""
        h1, h2 = map(BERNOULLI.resting_field, self.mean_field(rows))
        return h1, self.visible.resting_field(rows), h2
