"""Paired differences and intervals as every section shows them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.reports.numbers import level_name, p_value, percent_interval, signed_percent

SIGNIFICANT = 0.05
BLUE, RED = "#1b3a5c", "#b3261e"


def judge_difference(difference: float, p: float, least: float = 0.0) -> str:
    """Whether a claim of a smaller error holds.

    Args:
        difference: Error of the system said to be better less that of the other.
        p: Its adjusted p-value.
        least: The smallest adjusted p-value that so few subjects allow.
    """
    if p < SIGNIFICANT:
        return "holds" if difference < 0 else "contradicted"
    return "cannot be decided" if least >= SIGNIFICANT else "undecided"


def readable_differences(
    figures: pd.DataFrame, level: float, leading: Mapping[str, Iterable[str]], difference: str
) -> pd.DataFrame:
    """Rows of ``compare`` as text.

    Args:
        figures: ``difference, low, high, p, p_holm``.
        level: Level of the intervals, 0 to 1.
        leading: Columns that stand before the figures.
        difference: Heading of the difference.
    """
    intervals = zip(figures["low"], figures["high"], strict=True)
    return pd.DataFrame(
        {
            **leading,
            difference: figures["difference"].map(signed_percent),
            f"{level_name(level)} interval": [percent_interval(*ends) for ends in intervals],
            "p": figures["p"].map(p_value),
            "p, Holm": figures["p_holm"].map(p_value),
        }
    )


def draw_intervals(
    labels: Sequence[str],
    figures: pd.DataFrame,
    value: str,
    *,
    line: float,
    axis: str,
    flagged: Sequence[int] = (),
) -> Figure:
    """Draw a dot with its interval for each row, in percent.

    Args:
        labels: Name of each row.
        figures: Shares: the column ``value``, with ``low`` and ``high``.
        value: Name of the column.
        line: Where a dashed line stands, 0 to 1.
        axis: What is drawn.
        flagged: Places of the rows to be drawn red.
    """
    figure = Figure(figsize=(7, 0.9 + 0.36 * len(figures)), layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(figures.to_dict("records")):
        color = RED if place in flagged else BLUE
        ends = np.array([row["low"], row["high"]], float)
        axes.plot(100 * ends, [place, place], color=color, lw=2.2)
        axes.scatter([100 * row[value]], [place], color=color, s=38, zorder=3)
    axes.axvline(100 * line, color="#888", ls="--", lw=1)
    axes.set_yticks(range(len(figures)), list(labels), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(axis)
    axes.grid(axis="x", color="#e3e3e3")
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
