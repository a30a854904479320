"""How parameters climb a likelihood of which only the gradient is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True)
class Ascent:
    """Stochastic ascent by AdamW in mini-batches, the rate falling linearly to zero.

    The linear decay matters for persistent chains: they follow the model only while it moves
    slowly.

    Args:
        epochs: Times that all rows are seen, 0 or more.
        batch: Rows of a mini-batch, the last of an epoch being smaller.
        rate: Rate of the first step, above 0.
        decay: Share of each weight that a step removes, times the rate; biases do not decay.
        chains: Persistent chains of the model term.
        sweeps: Gibbs sweeps of each chain between two steps.

    Raises:
        InputError: If a value is out of range.
    """

    epochs: int = 30
    batch: int = 32
    rate: float = 0.003
    decay: float = 0.01
    chains: int = 64
    sweeps: int = 1

    def __post_init__(self) -> None:
        for name in ("batch", "chains", "sweeps"):
            require(name, value := getattr(self, name), value >= 1, "1 or more")
        for name in ("epochs", "decay"):
            require(name, value := getattr(self, name), value >= 0, "0 or more")
        require("rate", self.rate, self.rate > 0, "above 0")

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
        groups = [
            {"params": [p for p in parameters if p.ndim == 2], "weight_decay": self.decay},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, self.rate, maximize=True, fused=True)
        steps = self.epochs * -(-rows // self.batch)
        batches = (
            batch
            for _ in range(self.epochs)
            for batch in torch.split(torch.randperm(rows, generator=generator), self.batch)
        )
        for step, batch in enumerate(batches):
            for group in optimizer.param_groups:
                group["lr"] = self.rate * (1 - step / steps)
            for parameter, slope in zip(parameters, gradient(batch), strict=True):
                parameter.grad = slope
            optimizer.step()
        for parameter in parameters:
            parameter.grad = None


def require(name: str, value: object, valid: bool, expected: str) -> None:
    """Refuse a parameter whose value is not valid.

    Raises:
        InputError: If it is not.
    """
    if not valid:
        raise InputError(f"{name}: got {value!r}, expected {expected}")
