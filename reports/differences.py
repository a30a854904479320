"""Paired differences and intervals, in the form that all sections use."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import (
    ESTIMATE,
    GRID,
    REFERENCE_LINE,
    SIGNED,
    TEXT,
    TEXT_ON_DARK,
    WARNING,
)
from posed_spontaneous.reports.numbers import (
    MINUS,
    level_name,
    p_value,
    percent,
    percent_intervals,
    signed_percent,
)
from posed_spontaneous.reports.section import Table

SIGNIFICANT = 0.05
BESIDE = {"p_resampled_t": "Corrected t over folds"}
"""What is shown beside the decisive test."""


def claim_verdict(difference: float, p: float, undecided_because: str = "") -> str:
    """Verdict on the claim that one method has a smaller error than another.

    Args:
        difference: Error of the system with the claimed smaller error, minus that of the other.
        p: The adjusted p-value.
        undecided_because: What a verdict on a method lacks, whatever the p-value.
    """
    if undecided_because:
        return f"undecided ({undecided_because})"
    if p < SIGNIFICANT:
        return "supported" if difference < 0 else "contradicted"
    return "undecided"


def difference_table(
    name: str,
    caption: str,
    figures: pd.DataFrame,
    level: float,
    headings: Mapping[str, str],
    difference: str = "Difference",
    more: Mapping[str, str] | None = None,
    folded: bool = False,
) -> Table:
    """A table of the rows of ``compare``, with the difference that it could detect.

    Args:
        name: Stem of its files' names.
        caption: Its caption.
        figures: ``difference, low, high, p, p_holm, detectable`` and the named columns.
        level: Level of the intervals, 0 to 1.
        headings: Columns before the differences, and their headings.
        difference: Heading of the differences.
        more: Columns after the differences, and their headings; numbers are p-values.
        folded: Whether the page hides it until it is opened.
    """
    p_values = {"p": "p", "p_holm": "p, Holm"} | dict(more or {})
    rows = pd.DataFrame({name: figures[column].astype(str) for column, name in headings.items()})
    rows[difference] = figures["difference"].map(signed_percent)
    rows[f"{level_name(level)} interval"] = percent_intervals(figures)
    for column, heading in p_values.items():
        numeric = pd.api.types.is_numeric_dtype(figures[column])
        rows[heading] = figures[column].map(p_value) if numeric else figures[column]
        if column == "p_resampled_t":
            other = (figures["p"] < SIGNIFICANT) != (figures[column] < SIGNIFICANT)
            marks = np.where(other & figures[column].notna(), " (disagrees)", "")
            rows[heading] = [
                f"{text}{mark}" for text, mark in zip(rows[heading], marks, strict=True)
            ]
    rows["Detectable"] = figures["detectable"].map(percent)
    percents = ("difference", "low", "high", "detectable")
    return Table(name, caption, rows, figures, folded=folded, percent=percents)


def draw_intervals(
    labels: Sequence[str],
    figures: pd.DataFrame,
    value: str,
    axis: str,
    line: float | None = None,
    flagged: Sequence[int] = (),
) -> Figure:
    """Draw a dot with its interval for each row, in percent.

    Args:
        labels: Name of each row.
        figures: Fractions: the column ``value``, with ``low`` and ``high``.
        value: Name of the column.
        axis: Label of the axis.
        line: Position of a dashed line, 0 to 1.
        flagged: Positions of the rows in the colour of warnings.
    """
    figure = Figure(figsize=(7.2, 0.9 + 0.38 * len(figures)), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(figures))
    colors = [WARNING if place in flagged else ESTIMATE for place in places]
    axes.hlines(places, 100 * figures["low"], 100 * figures["high"], colors, lw=2.2)
    axes.scatter(100 * figures[value], places, color=colors, s=40, zorder=4)
    if line is not None:
        axes.axvline(100 * line, color=REFERENCE_LINE, ls="--", lw=1)
    axes.set_yticks(places, labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(axis)
    axes.grid(axis="x", color=GRID)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


def draw_differences(
    differences: pd.DataFrame, p_values: pd.DataFrame, size: tuple[float, float], axis: str
) -> Figure:
    """Draw differences as a coloured table, with a star where they are significant.

    Args:
        differences: Differences in error, -1 to 1; their labels are those of the axes.
        p_values: Their adjusted p-values, of the same shape.
        size: Width and height in inches.
        axis: Label of the colours.
    """
    points = 100 * differences.to_numpy()
    stars = np.where(p_values < SIGNIFICANT, "*", "")
    limit = np.nanmax(np.abs(points)) or 1
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(points, cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto")
    for i, j in np.argwhere(~np.isnan(points)):
        text = f"{points[i, j]:+.1f}{stars[i, j]}".replace("-", MINUS)
        color = TEXT_ON_DARK if abs(points[i, j]) > 0.6 * limit else TEXT
        axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=color)
    columns, rows = list(differences.columns), list(differences.index)
    slanted = max(map(len, columns)) > len("@all")
    axes.set_xticks(
        range(len(columns)),
        columns,
        fontsize=8,
        rotation=35 if slanted else 0,
        ha="right" if slanted else "center",
    )
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label=axis, shrink=0.8)
    return figure
