"""Inputs on the scale that visible units expect."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.systems.baselines.boltzmann.units import Gaussian, Units

OUTERMOST = 0.01
"""Share of a column's values on either side that count as 0 or 1."""


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
        constant = low == high
        if isinstance(units, Gaussian):
            shift, width = rows.mean(axis=0), rows.std(axis=0)
        else:
            bottom, top = np.quantile(rows, [OUTERMOST, 1 - OUTERMOST], axis=0)
            narrow = bottom == top
            shift = np.where(narrow, low, bottom)
            width = np.where(narrow, high, top) - shift
        return cls(shift, np.where(constant, np.inf, width), not isinstance(units, Gaussian))

    def __call__(self, rows: NDArray[np.float64]) -> Tensor:
        """Scale rows ``(N, D)``."""
        scaled = (rows - self.shift) / self.width
        return torch.from_numpy(np.clip(scaled, 0, 1) if self.clip else scaled)
