"""Kinds of units: what a unit does in the field that reaches it."""

from abc import ABC, abstractmethod
from math import log, pi

import torch
from torch import Generator, Tensor
from torch.nn import functional

from posed_spontaneous.runtime.errors import InputError


class Units(ABC):
    """A layer of units, each in a field f of its own, with density ``base(x) exp(f x) / Z(f)``."""

    @abstractmethod
    def log_base(self, states: Tensor) -> Tensor:
        """Log of the base, summed over units: ``(N, units)`` to ``(N,)``."""

    @abstractmethod
    def log_partition(self, field: Tensor) -> Tensor:
        """``log Z``, summed over units: ``(..., units)`` to ``(...,)``."""

    @abstractmethod
    def mean(self, field: Tensor) -> Tensor:
        """Mean state in each field, of the field's shape."""

    @abstractmethod
    def sample(self, field: Tensor, generator: Generator) -> Tensor:
        """One state for each field, of the field's shape."""

    @abstractmethod
    def resting_field(self, states: Tensor) -> Tensor:
        """Field in which units alone have the states' mean: ``(N, units)`` to ``(units,)``."""


class Bernoulli(Units):
    """Units that are 0 or 1; a value in between is a mean."""

    def log_base(self, states: Tensor) -> Tensor:
        return states.new_zeros(len(states))

    def log_partition(self, field: Tensor) -> Tensor:
        return functional.softplus(field).sum(dim=-1)

    def mean(self, field: Tensor) -> Tensor:
        return torch.sigmoid(field)

    def sample(self, field: Tensor, generator: Generator) -> Tensor:
        # Three times as fast as torch.bernoulli.
        uniform = torch.rand(field.shape, generator=generator, dtype=field.dtype)
        return (uniform < torch.sigmoid(field)).to(field.dtype)

    def resting_field(self, states: Tensor) -> Tensor:
        # Adding half a unit on and half a unit off keeps the field finite.
        return torch.logit((states.sum(dim=0) + 0.5) / (len(states) + 1))


class Gaussian(Units):
    """Real units of variance one, the mean being the field."""

    def log_base(self, states: Tensor) -> Tensor:
        return -0.5 * (states**2).sum(dim=-1)

    def log_partition(self, field: Tensor) -> Tensor:
        return 0.5 * (field**2).sum(dim=-1) + 0.5 * log(2 * pi) * field.shape[-1]

    def mean(self, field: Tensor) -> Tensor:
        return field

    def sample(self, field: Tensor, generator: Generator) -> Tensor:
        return field + torch.randn(field.shape, generator=generator, dtype=field.dtype)

    def resting_field(self, states: Tensor) -> Tensor:
        return states.mean(dim=0)


BERNOULLI = Bernoulli()
VISIBLES: dict[str, Units] = {"bernoulli": BERNOULLI, "gaussian": Gaussian()}
"""What the visible units may be, by name."""


def visible_units(name: str) -> Units:
    """The visible units of a name.

    Raises:
        InputError: If there are none.
    """
    if name not in VISIBLES:
        raise InputError(
            f"visible: got {name!r}, expected {' or '.join(VISIBLES)}: what inputs are taken for"
        )
    return VISIBLES[name]
