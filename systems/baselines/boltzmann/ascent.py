"""How parameters climb a likelihood of which only the gradient is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat

import torch
from torch import Generator, Tensor

from posed_spontaneous.runtime.errors import InputError

OPTIMIZERS = ("adam", "momentum")


@dataclass(frozen=True)
class Ascent:
    """Stochastic ascent in mini-batches, the rate falling to zero in a straight line.

    The line matters for persistent chains: they follow the model only while it moves slowly.

    Args:
        epochs: Times that all rows are seen, 0 or more.
        batch: Rows of a mini-batch, the last of an epoch being smaller.
        rate: Rate of the first step, above 0.
        decay: Share of each weight taken off a step, times the rate; biases keep theirs.
        optimizer: ``adam`` or ``momentum``.
        momentum: Momentum, 0 to below 1; the first beta of Adam.
        chains: Persistent chains of the model term.
        sweeps: Gibbs sweeps of each chain between two steps.

    Raises:
        InputError: If a value is out of range.
    """

    epochs: int = 30
    batch: int = 32
    rate: float = 0.003
    decay: float = 0.01
    optimizer: str = "adam"
    momentum: float = 0.9
    chains: int = 64
    sweeps: int = 1

    def __post_init__(self) -> None:
        refuse_below("epochs", self.epochs, 0)
        for name in ("batch", "chains", "sweeps"):
            refuse_below(name, getattr(self, name), 1)
        refuse_below("decay", self.decay, 0)
        refuse_unless_above_zero("rate", self.rate)
        if not 0 <= self.momentum < 1:
            raise InputError(f"momentum: got {self.momentum}, expected 0 to below 1")
        if self.optimizer not in OPTIMIZERS:
            raise InputError(
                f"optimizer: got {self.optimizer!r}, expected {' or '.join(OPTIMIZERS)}"
            )

    def climb(
        self,
        parameters: Sequence[Tensor],
        rows: int,
        gradient: Callable[[Tensor], Sequence[Tensor]],
        generator: Generator,
    ) -> None:
        """Change the parameters in place.

        Args:
            parameters: Leaf tensors; those of two dimensions are weights and decay.
            rows: Number of rows N.
            gradient: Of the objective by each parameter, from a batch's indices ``(B,)``.
            generator: Orders the rows.
        """
        optimizer = self._optimizer(parameters)
        steps = self.epochs * -(-rows // self.batch)
        rates = (self.rate * (1 - step / steps) for step in range(steps))
        for _ in repeat(None, self.epochs):
            order = torch.randperm(rows, generator=generator)
            for batch in torch.split(order, self.batch):
                rate = next(rates)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                for parameter, slope in zip(parameters, gradient(batch), strict=True):
                    parameter.grad = slope
                optimizer.step()
        for parameter in parameters:
            parameter.grad = None

    def _optimizer(self, parameters: Sequence[Tensor]) -> torch.optim.Optimizer:
        groups = [
            {"params": [p for p in parameters if p.ndim == 2], "weight_decay": self.decay},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        if self.optimizer == "adam":
            betas = (self.momentum, 0.999)
            return torch.optim.AdamW(groups, self.rate, betas, maximize=True, fused=True)
        return torch.optim.SGD(groups, self.rate, self.momentum, maximize=True)


def refuse_below(name: str, value: float, least: float) -> None:
    """Refuse a value under the least.

    Raises:
        InputError: If it is.
    """
    if not value >= least:
        raise InputError(f"{name}: got {value}, expected {least} or more")


def refuse_unless_above_zero(name: str, value: float) -> None:
    """Refuse a value of zero or less.

    Raises:
        InputError: If it is.
    """
    if not value > 0:
        raise InputError(f"{name}: got {value}, expected above 0")
