"""Kinds of units, and the scale of the inputs that each expects."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import log, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

from posed_spontaneous.systems.baselines.boltzmann.ascent import require

OUTERMOST = 0.01
"""Share of a column's values on either side that count as 0 or 1."""


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


def visible_units(name: str) -> Units:
    """The visible units of a name.

    Raises:
        InputError: If there are none.
    """
    require("visible", name, name in VISIBLES, f"{' or '.join(VISIBLES)}: the type of the inputs")
    return VISIBLES[name]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Shift, divide, and clip to 0 to 1 where visible units are Bernoulli.

    A column that is constant in training becomes 0, also at test.

    Args:
        shift: ``(D,)``.
        width: ``(D,)``, infinite for constant columns.
        clip: Whether to clip.
    """

    shift: NDArray[np.float64]
    width: NDArray[np.float64]
    clip: bool

    @classmethod
    def of(cls, rows: NDArray[np.float64], units: Units) -> "Scaling":
        """Choose the scale from training rows ``(N, D)``.

        Gaussian units get mean 0 and standard deviation 1, Bernoulli units 0 to 1 between the
        outermost quantiles, or between the extremes where those coincide: columns of 0 and 1 stay
        as they are.
        """
        low, high = rows.min(axis=0), rows.max(axis=0)
        if isinstance(units, Gaussian):
            shift, width = rows.mean(axis=0), rows.std(axis=0)
        else:
            bottom, top = np.quantile(rows, [OUTERMOST, 1 - OUTERMOST], axis=0)
            shift, end = np.where(bottom == top, [low, high], [bottom, top])
            width = end - shift
        width = np.where(low == high, np.inf, width)
        return cls(shift, width, not isinstance(units, Gaussian))

    def __call__(self, rows: NDArray[np.float64]) -> Tensor:
        """Scale rows ``(N, D)``."""
        scaled = (rows - self.shift) / self.width
        return torch.from_numpy(np.clip(scaled, 0, 1) if self.clip else scaled)
