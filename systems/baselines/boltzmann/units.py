"""Types of units, and the scale of the inputs that each type expects."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import log, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import require

TAIL = 0.01
"""Fraction of a column's values at each end that are clipped to 0 or 1."""


class Units(ABC):
    """A layer of independent units with densities ``base(x) exp(f x) / Z(f)``.

    The field f, one per unit, is the total input of the unit including its bias.
    """

    @abstractmethod
    def log_base(self, states: Tensor) -> Tensor:
        """Log of the base measure, summed over units: ``(N, units)`` to ``(N,)``."""

    @abstractmethod
    def log_partition(self, field: Tensor) -> Tensor:
        """``log Z``, summed over units: ``(..., units)`` to ``(...,)``."""

    @abstractmethod
    def mean(self, field: Tensor) -> Tensor:
        """Mean state under each field, in the shape of the fields."""

    @abstractmethod
    def sample(self, field: Tensor, generator: Generator) -> Tensor:
        """One random state for each field, in the shape of the fields."""

    @abstractmethod
    def base_rate_field(self, states: Tensor) -> Tensor:
        """Field that gives the mean of the states: ``(N, units)`` to ``(units,)``."""


class Bernoulli(Units):
    """Binary units. A value between 0 and 1 is a probability."""

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

    def base_rate_field(self, states: Tensor) -> Tensor:
        # Half a row of ones and half a row of zeros are added, which keeps the field finite.
        return torch.logit((states.sum(dim=0) + 0.5) / (len(states) + 1))


class Gaussian(Units):
    """Real units of variance 1. Their mean is the field."""

    def log_base(self, states: Tensor) -> Tensor:
        return -0.5 * (states**2).sum(dim=-1)

    def log_partition(self, field: Tensor) -> Tensor:
        return 0.5 * (field**2).sum(dim=-1) + 0.5 * log(2 * pi) * field.shape[-1]

    def mean(self, field: Tensor) -> Tensor:
        return field

    def sample(self, field: Tensor, generator: Generator) -> Tensor:
        return field + torch.randn(field.shape, generator=generator, dtype=field.dtype)

    def base_rate_field(self, states: Tensor) -> Tensor:
        return states.mean(dim=0)


BERNOULLI = Bernoulli()
VISIBLE_UNITS: dict[str, Units] = {"bernoulli": BERNOULLI, "gaussian": Gaussian()}


def visible_units(name: str) -> Units:
    """Visible units by name; raises an InputError for an unknown name."""
    require(
        "visible",
        name,
        name in VISIBLE_UNITS,
        f"{' or '.join(VISIBLE_UNITS)}: the type of the inputs",
    )
    return VISIBLE_UNITS[name]


@dataclass(frozen=True, eq=False)
class Scaling:
    """Scaling of the columns, with clipping to 0 to 1 for Bernoulli units.

    A column that is constant in the training rows becomes 0 in all rows.

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
        """Fit the scale to training rows ``(N, D)``.

        Columns get mean 0 and standard deviation 1 for Gaussian units. For Bernoulli units the
        range between the ``TAIL`` quantiles is mapped to 0 to 1, or the full range if the quantiles
        are equal, so that columns of zeros and ones do not change.
        """
        low, high = rows.min(axis=0), rows.max(axis=0)
        if isinstance(units, Gaussian):
            shift, width = rows.mean(axis=0), rows.std(axis=0)
        else:
            bottom, top = np.quantile(rows, [TAIL, 1 - TAIL], axis=0)
            shift, end = np.where(bottom == top, [low, high], [bottom, top])
            width = end - shift
        width = np.where(low == high, np.inf, width)
        return cls(shift, width, not isinstance(units, Gaussian))

    def __call__(self, rows: NDArray[np.float64]) -> Tensor:
        """Scale rows ``(N, D)``."""
        scaled = (rows - self.shift) / self.width
        return torch.from_numpy(np.clip(scaled, 0, 1) if self.clip else scaled)
