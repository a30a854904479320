"""One optimizer for the members of a pack, which may take different numbers of steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn, optim


@dataclass
class Part:
    """Members with the same number of steps, neighbours in the pack.

    Attributes:
        members: Their places.
        batches: Batches of an epoch.
        steps: Steps that they take.
        optimizer: Their optimizer, over their share of the stacked weights.
        schedule: Its schedule.
        weights: Their share of each weight.
        done: Steps that they have taken.
    """

    members: slice
    batches: int
    steps: int = 0
    optimizer: Any = None
    schedule: Any = None
    weights: Sequence[nn.Parameter] = ()
    done: int = 0


class PackOptimizer(optim.Optimizer):
    """Steps the optimizer and the schedule of each part until the part has taken its steps.

    Args:
        weights: The stacked weights, each ``(M, ...)``.
        parts: The parts, with their numbers of steps.
        build: Returns optimizer and schedule of some weights for a number of steps.
    """

    def __init__(
        self,
        weights: Sequence[nn.Parameter],
        parts: Sequence[Part],
        build: Callable[[Sequence[nn.Parameter], int], tuple[Any, Any]],
    ) -> None:
        super().__init__(weights, {})
        self.weights, self.parts = weights, parts
        for part in parts:
            # They share the memory of the stacked weights.
            part.weights = [nn.Parameter(weight.data[part.members]) for weight in weights]
            part.optimizer, part.schedule = build(part.weights, part.steps)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Compute the gradients and update the weights of the members that are not done."""
        with torch.enable_grad():
            loss: Tensor | None = closure() if closure else None
        for part in self.parts:
            if part.done == part.steps:
                continue
            for weight, whole in zip(part.weights, self.weights, strict=True):
                weight.grad = None if whole.grad is None else whole.grad[part.members]
            part.optimizer.step()
            part.schedule.step()
            part.done += 1
        return loss
