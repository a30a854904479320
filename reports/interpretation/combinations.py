"""Learned weights of the linear combinations: alpha and beta as heat maps and as numbers.

By default both start as the subtraction, alpha = I and beta = -I (paper, section 3.1). The
distance from it shows what training has added.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from posed_spontaneous.drawing.style import SIGNED
from posed_spontaneous.drawing.tiles import NORMAL, STEP, TileFigure
from posed_spontaneous.networks import LinearCombination
from posed_spontaneous.reports.section import Picture, Table

Weights = NDArray[np.float32]

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


def stack_weights(operator: LinearCombination) -> Weights:
    """Return alpha and beta of C channels, ``(2, C, C)``, a row for each channel of the result."""
    return np.stack([operator.alpha.detach().numpy(), operator.beta.detach().numpy()])


def subtraction(channels: int) -> Weights:
    """Return the weights of the subtraction, (I, -I), ``(2, C, C)``."""
    identity = np.eye(channels, dtype=np.float32)
    return np.stack([identity, -identity])


def summarise_weights(weights: Weights) -> dict[str, float]:
    """Summarise the weights of C channels, ``(2, C, C)``, in numbers.

    ``distance`` is the Frobenius norm of their difference from the subtraction divided by that of
    the subtraction, so that it does not depend on C: 0 for the subtraction, 1 for weights of 0.
    """
    channels = weights.shape[1]
    start = subtraction(channels)
    others = weights[:, ~np.eye(channels, dtype=bool)]
    # A layer of one channel has only a diagonal.
    spread = np.sqrt((others**2).sum(axis=1) / max(others.shape[1], 1))
    return {
        "channels": channels,
        "alpha_diagonal": float(weights[0].diagonal().mean()),
        "beta_diagonal": float(weights[1].diagonal().mean()),
        "alpha_off_diagonal": float(spread[0]),
        "beta_off_diagonal": float(spread[1]),
        "distance": float(np.linalg.norm(weights - start) / np.linalg.norm(start)),
    }


def show_combinations(operators: Mapping[str, LinearCombination]) -> tuple[Picture, Table]:
    """Show trained linear combinations as heat maps and numbers.

    Args:
        operators: At least one, by system.
    """
    learned = {system: stack_weights(operator) for system, operator in operators.items()}
    figures = pd.DataFrame(
        [{"system": system, **summarise_weights(weights)} for system, weights in learned.items()]
    )
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


def _draw(learned: Mapping[str, Weights]) -> Figure:
    height = _HEAD + STEP
    foot = len(learned) * height + 0.35
    sheet = TileFigure(_CHANGES + 2 * STEP + 0.05, foot + _FOOT - 0.35, _TILE)
    changes = [weights - subtraction(weights.shape[1]) for weights in learned.values()]
    for title, x, names, matrices in (
        ("weight", _WEIGHTS, (_ALPHA, _BETA), [*learned.values()]),
        ("difference from (I, -I)", _CHANGES, (f"{_ALPHA} - I", f"{_BETA} + I"), changes),
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
    for row, (system, weights) in enumerate(learned.items()):
        title = f"{system}: {weights.shape[1]}x{weights.shape[2]}"
        sheet.write(title, _WEIGHTS, row * height + 0.18, NORMAL, weight="bold")
    return sheet.figure
