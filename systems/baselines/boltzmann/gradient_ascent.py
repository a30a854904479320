"""Stochastic gradient ascent on a likelihood of which only the gradient is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True)
class GradientAscent:
    """Mini-batch gradient ascent by AdamW, with a learning rate that decays linearly to zero.

    Persistent chains follow the model only while it changes slowly, which the decay ensures.

    Args:
        epochs: Passes over all rows, 0 or more.
        batch: Rows of a mini-batch. The last one of an epoch may be smaller.
        rate: Initial learning rate, above 0.
        decay: Weight decay, 0 or more. Biases do not decay.
        chains: Persistent chains that estimate the expectation under the model.
        sweeps: Gibbs sweeps of each chain per step.

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

    def maximize(
        self,
        parameters: Sequence[Tensor],
        rows: int,
        gradient: Callable[[Tensor], Sequence[Tensor]],
        generator: Generator,
    ) -> None:
        """Maximize an objective and update the parameters in place.

        Args:
            parameters: Leaf tensors. Those of two dimensions are weights, which decay.
            rows: Number of rows N.
            gradient: Returns the gradient for each parameter from the indices ``(B,)`` of a batch.
            generator: Shuffles the rows.
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
    """Raise an InputError unless the value of a parameter is valid."""
    if not valid:
        raise InputError(f"{name}: got {value!r}, expected {expected}")
