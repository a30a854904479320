"""What the linear combinations have learned: alpha and beta as heat maps and as numbers.

Unless told otherwise both start as the subtraction, alpha = I and beta = -I (paper, section 3.1);
how far they are from it is what training has found worth adding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.networks import LinearCombination
from posed_spontaneous.reports.interpretation.contact_sheet import NORMAL, STEP, ContactSheet
from posed_spontaneous.reports.section import Picture, Table

_HEADINGS = {
    "system": "System",
    "channels": "Channels",
    "alpha_diagonal": "Diagonal of alpha, mean",
    "beta_diagonal": "Diagonal of beta, mean",
    "alpha_off_diagonal": "Off the diagonal of alpha, root mean square",
    "beta_off_diagonal": "Off the diagonal of beta, root mean square",
    "distance": "Distance from (I, -I)",
}
_ALPHA, _BETA = "\N{GREEK SMALL LETTER ALPHA}", "\N{GREEK SMALL LETTER BETA}"
_COLOURS = "RdBu_r"
_TILE = 1.2
_WEIGHTS, _CHANGES = 0.05, 2.25
"""Where the weights begin, and their distance from the subtraction, in tiles from the left."""
_HEAD, _FOOT = 0.58, 0.75
"""In tiles: above a network's matrices, and below everything for the scales."""


@dataclass(frozen=True, eq=False)
class Combination:
    """The learned weights of one linear combination of C channels.

    Attributes:
        system: The network's name in the paper's tables.
        alpha: Weights of the onset's channels, ``(C, C)``, a row for each channel of the result.
        beta: Weights of the apex's channels, ``(C, C)``.
    """

    system: str
    alpha: NDArray[np.float32]
    beta: NDArray[np.float32]

    @classmethod
    def of(cls, system: str, operator: LinearCombination) -> Self:
        """Take the weights of a trained operator."""
        return cls(system, operator.alpha.detach().numpy(), operator.beta.detach().numpy())

    @property
    def change(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What differs from the subtraction: alpha - I and beta + I."""
        identity = np.eye(len(self.alpha), dtype=np.float32)
        return self.alpha - identity, self.beta + identity

    def figures(self) -> dict[str, str | float]:
        """The weights in numbers.

        ``distance`` is the Frobenius norm of ``change`` over that of (I, -I), so that layers
        with other numbers of channels compare: 0 for the subtraction, 1 where all of it is gone.
        """
        size = len(self.alpha)
        return {
            "system": self.system,
            "channels": size,
            "alpha_diagonal": float(self.alpha.diagonal().mean()),
            "beta_diagonal": float(self.beta.diagonal().mean()),
            "alpha_off_diagonal": _off_diagonal(self.alpha),
            "beta_off_diagonal": _off_diagonal(self.beta),
            "distance": float(np.linalg.norm(self.change) / np.sqrt(2 * size)),
        }


def show_combinations(operators: Mapping[str, LinearCombination]) -> tuple[Picture, Table]:
    """Heat maps and numbers of trained linear combinations.

    Args:
        operators: At least one, by system.
    """
    learned = [Combination.of(system, operator) for system, operator in operators.items()]
    figures = pd.DataFrame([combination.figures() for combination in learned])
    picture = Picture("combination-weights", _describe(figures), _draw(learned).figure)
    return picture, _tabulate(figures)


def _off_diagonal(weights: NDArray[np.float32]) -> float:
    others = weights[~np.eye(len(weights), dtype=bool)]
    # A layer of one channel has nothing off its diagonal.
    return float(np.sqrt(np.mean(others**2))) if others.size else 0.0


def _tabulate(figures: pd.DataFrame) -> Table:
    numbers = figures.columns.drop(["system", "channels"])
    rows = figures.astype({"channels": str})
    rows[numbers] = rows[numbers].map("{:.3f}".format)
    return Table(
        name="combination-weights-table",
        caption="The learned weights in numbers. The distance is the Frobenius norm of "
        "(alpha - I, beta + I) over that of (I, -I): 0 for the plain subtraction.",
        rows=rows.rename(columns=_HEADINGS),
        figures=figures,
    )


def _describe(figures: pd.DataFrame) -> str:
    numbers = " ".join(
        f"{row['system']}: the diagonals' means are {row['alpha_diagonal']:.3f} (alpha) and "
        f"{row['beta_diagonal']:.3f} (beta), the root mean squares off them "
        f"{row['alpha_off_diagonal']:.3f} and {row['beta_off_diagonal']:.3f}, the distance from "
        f"(I, -I) is {row['distance']:.1%} of its norm."
        for _, row in figures.iterrows()
    )
    return (
        "The learned weights of the linear combinations: a row for each channel of the result, a "
        "column for each channel of the onset (alpha) or the apex (beta). Left the weights, right "
        "their difference from the subtraction, alpha = I and beta = -I, on a finer scale. "
        + numbers
    )


def _draw(learned: Sequence[Combination]) -> ContactSheet:
    height = _HEAD + STEP
    sheet = ContactSheet(_CHANGES + 2 * STEP + 0.05, len(learned) * height + _FOOT, _TILE)
    weights = _limit([matrix for own in learned for matrix in (own.alpha, own.beta)])
    changes = _limit([matrix for own in learned for matrix in own.change])
    for row, own in enumerate(learned):
        y = row * height
        size = len(own.alpha)
        sheet.write(f"{own.system}: {size}x{size}", _WEIGHTS, y + 0.18, NORMAL, weight="bold")
        _draw_matrices(sheet, (own.alpha, own.beta), (_ALPHA, _BETA), weights, _WEIGHTS, y + _HEAD)
        _draw_matrices(
            sheet, own.change, (f"{_ALPHA} - I", f"{_BETA} + I"), changes, _CHANGES, y + _HEAD
        )
    foot = len(learned) * height + 0.35
    sheet.scale(_COLOURS, _ends(weights), _WEIGHTS + 0.2, foot, 1.65, "weight")
    sheet.scale(_COLOURS, _ends(changes), _CHANGES + 0.2, foot, 1.65, "difference from (I, -I)")
    return sheet


def _draw_matrices(
    sheet: ContactSheet,
    matrices: Sequence[NDArray[np.float32]],
    names: Sequence[str],
    limit: float,
    x: float,
    y: float,
) -> None:
    sheet.head(names, x, y)
    for column, matrix in enumerate(matrices):
        sheet.show(matrix, x + column * STEP, y, _COLOURS, (-limit, limit))
        sheet.frame(x + column * STEP, y)


def _ends(limit: float) -> dict[float, str]:
    return {-limit: f"{-limit:.2g}", 0.0: "0", limit: f"{limit:.2g}"}


def _limit(matrices: Sequence[NDArray[np.float32]]) -> float:
    """End of a scale that is centred at 0 and holds every value."""
    return max(float(np.abs(matrix).max()) for matrix in matrices) or 1.0
