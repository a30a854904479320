"""A deep Boltzmann machine turned into a classifier (Salakhutdinov and Hinton 2009)."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from posed_spontaneous.systems.baselines.boltzmann.ascent import Ascent
from posed_spontaneous.systems.baselines.boltzmann.dbm import DBM


@dataclass(eq=False)
class AugmentedNetwork:
    """A sigmoid network on the data and on what the machine thinks of them, softmax on top.

    The machine's mean-field posterior of its second hidden layer is an input in addition to the
    data. So before any training the network's hidden layers compute one update of the mean field,
    and training may lean on the machine's view or forget it.

    Args:
        machine: Stays as it is.
        data: From data to the first hidden layer, ``(D, H1)``.
        view: From the machine's posterior to the first hidden layer, ``(H2, H1)``.
        upper: To the second hidden layer, ``(H1, H2)``.
        out: To the C classes, ``(H2, C)``.
        lower_bias: ``(H1,)``.
        upper_bias: ``(H2,)``.
        out_bias: ``(C,)``.
    """

    machine: DBM
    data: Tensor
    view: Tensor
    upper: Tensor
    out: Tensor
    lower_bias: Tensor
    upper_bias: Tensor
    out_bias: Tensor

    @classmethod
    def start(cls, machine: DBM, classes: int) -> "AugmentedNetwork":
        """The machine's weights, each connection now one way; a softmax that favours no class."""
        units = len(machine.upper_bias)
        weights = (
            machine.lower,
            machine.upper.T,
            machine.upper,
            machine.upper.new_zeros(units, classes),
        )
        biases = machine.lower_bias, machine.upper_bias, machine.upper.new_zeros(classes)
        return cls(machine, *(tensor.clone() for tensor in (*weights, *biases)))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """Weights, then biases, in the order of the fields."""
        weights = self.data, self.view, self.upper, self.out
        return *weights, self.lower_bias, self.upper_bias, self.out_bias

    def double(self) -> "AugmentedNetwork":
        """The same in double precision, the machine too."""
        return AugmentedNetwork(self.machine.double(), *(p.double() for p in self.parameters))

    def logits(self, v: Tensor) -> Tensor:
        """Scores of the classes: rows ``(N, D)`` to ``(N, C)``."""
        return self._logits(v, self.machine.mean_field(v)[1])

    def train(self, rows: Tensor, codes: Tensor, ascent: Ascent, generator: Generator) -> None:
        """Climb the log-likelihood of the classes, in place.

        Args:
            rows: Training rows, ``(N, D)``.
            codes: Their classes, ``(N,)``, 0 to C - 1.
            ascent: Epochs, rate and the like; it has no chains.
            generator: Orders the rows.
        """
        views = self.machine.mean_field(rows)[1]

        def gradient(batch: Tensor) -> tuple[Tensor, ...]:
            scores = self._logits(rows[batch], views[batch])
            return torch.autograd.grad(
                -functional.cross_entropy(scores, codes[batch]), self.parameters
            )

        for parameter in self.parameters:
            parameter.requires_grad_()
        ascent.climb(self.parameters, len(rows), gradient, generator)
        for parameter in self.parameters:
            parameter.requires_grad_(False)

    def _logits(self, v: Tensor, view: Tensor) -> Tensor:
        h1 = torch.sigmoid(v @ self.data + view @ self.view + self.lower_bias)
        h2 = torch.sigmoid(torch.addmm(self.upper_bias, h1, self.upper))
        return torch.addmm(self.out_bias, h2, self.out)
