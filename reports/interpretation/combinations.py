"""Learned weights of the linear combinations: alpha and beta as heat maps and as numbers.

By default both start as the subtraction, alpha = I and beta = -I (paper, section 3.1). The
distance from it shows what training has added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from posed_spontaneous.drawing.style import SIGNED
from posed_spontaneous.drawing.tiles import NORMAL, STEP, TileFigure
from posed_spontaneous.networks import LinearCombination
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
_TILE = 1.2
_WEIGHTS, _CHANGES = 0.05, 2.25
"""Left ends of the weights and of their distance from the subtraction, in tiles."""
_HEAD, _FOOT = 0.58, 0.75
"""Above the matrices of a network, and below everything for the scales, in tiles."""


@dataclass(frozen=True, eq=False)
class LearnedWeights:
    """Weights of a linear combination of C channels.

    Attributes:
        system: The network's name in the tables.
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
        """Difference from the subtraction: alpha - I and beta + I."""
        identity = np.eye(len(self.alpha), dtype=np.float32)
        return self.alpha - identity, self.beta + identity

    def summarise(self) -> dict[str, str | float]:
        """Summarise the weights in numbers.

        ``distance`` is the Frobenius norm of ``change`` divided by that of (I, -I), so that it does
        not depend on the number of channels: 0 for the subtraction, 1 for weights of 0.
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
    """Show trained linear combinations as heat maps and numbers.

    Args:
        operators: At least one, by system.
    """
    learned = [LearnedWeights.of(system, operator) for system, operator in operators.items()]
    figures = pd.DataFrame([weights.summarise() for weights in learned])
    numbers = figures.columns.drop(["system", "channels"])
    rows = figures.astype({"channels": str})
    rows[numbers] = rows[numbers].map("{:.3f}".format)
    return (
        Picture("combination-weights", _describe(figures), _draw(learned)),
        Table(
            name="combination-weights-table",
            caption="The learned weights in numbers. The distance is the Frobenius norm of "
            "(alpha - I, beta + I) divided by that of (I, -I): 0 for the subtraction.",
            rows=rows.rename(columns=_HEADINGS),
            figures=figures,
        ),
    )


def _off_diagonal(weights: NDArray[np.float32]) -> float:
    others = weights[~np.eye(len(weights), dtype=bool)]
    # A layer of one channel has only a diagonal.
    return float(np.sqrt(np.mean(others**2))) if others.size else 0.0


def _describe(figures: pd.DataFrame) -> str:
    numbers = " ".join(
        f"{row['system']}: the diagonals have the means {row['alpha_diagonal']:.3f} (alpha) and "
        f"{row['beta_diagonal']:.3f} (beta), the other weights the root mean squares "
        f"{row['alpha_off_diagonal']:.3f} and {row['beta_off_diagonal']:.3f}; the distance from "
        f"(I, -I) is {row['distance']:.1%} of its norm."
        for _, row in figures.iterrows()
    )
    return (
        "Learned weights of the linear combinations: a row for each channel of the result, a "
        "column for each channel of the onset (alpha) or the apex (beta). On the left the weights, "
        "on the right their difference from the subtraction, alpha = I and beta = -I, on a finer "
        f"scale. {numbers}"
    )


def _draw(learned: Sequence[LearnedWeights]) -> Figure:
    height = _HEAD + STEP
    sheet = TileFigure(_CHANGES + 2 * STEP + 0.05, len(learned) * height + _FOOT, _TILE)
    foot = len(learned) * height + 0.35
    for title, x, names, matrices in (
        ("weight", _WEIGHTS, (_ALPHA, _BETA), [(own.alpha, own.beta) for own in learned]),
        (
            "difference from (I, -I)",
            _CHANGES,
            (f"{_ALPHA} - I", f"{_BETA} + I"),
            [own.change for own in learned],
        ),
    ):
        limit = max(float(np.abs(pair).max()) for pair in matrices) or 1.0
        for row, pair in enumerate(matrices):
            y = row * height + _HEAD
            sheet.head(names, x, y)
            for column, matrix in enumerate(pair):
                sheet.show(matrix, x + column * STEP, y, SIGNED, (-limit, limit))
                sheet.frame(x + column * STEP, y)
        ends = {-limit: f"{-limit:.2g}", 0.0: "0", limit: f"{limit:.2g}"}
        sheet.scale(SIGNED, ends, x + 0.2, foot, 1.65, title)
    for row, own in enumerate(learned):
        title = f"{own.system}: {len(own.alpha)}x{len(own.alpha)}"
        sheet.write(title, _WEIGHTS, row * height + 0.18, NORMAL, weight="bold")
    return sheet.figure
