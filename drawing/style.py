"""Colours, lines and colour maps of all pictures, named by their meaning."""

from typing import NamedTuple

ESTIMATE = "#1b3a5c"
"""An estimate with its interval; also the first of two curves."""
SECOND = "#c2571a"
"""The second of two curves."""
WARNING = "#b3261e"
"""An estimate with a warning."""
FATAL_FINDING, WARNING_FINDING = "#d72828", "#f59600"
"""Frames of pairs that findings of an audit name."""
CORRECT, INCORRECT = "#1a7f37", WARNING
"""Headings of correct and incorrect predictions."""
ONE_FOLD = "#b9c4d0"
"""Values of single folds, drawn behind the estimate."""
BACKGROUND = "#d5d5d5"
"""Systems drawn for comparison only."""
PUBLISHED = (("#c2571a", "D"), ("#4c8c4a", "s"))
"""Colour and marker of published values, one for each database of a table."""
REFERENCE_LINE = "#8a8a8a"
"""Chance, no difference, perfect calibration."""
GRID = "#e3e3e3"
POINT = "#3cdc5a"
"""Facial points on an image."""
TEXT, MUTED_TEXT, TEXT_ON_DARK = "#222222", "#555555", "#ffffff"

IMAGE = "gray"
"""Colour map of gray images."""
SIGNED = "RdBu_r"
"""Colour map of values below and above 0, centred at 0: red is positive."""
MAPS, COMPARISON = "viridis", "magma"
"""Colour maps of feature maps and of their comparison, from 0."""
SHARES, ERRORS = "Blues", "magma_r"
"""Colour maps of shares and of error rates, from 0."""

_OPERATORS = {
    "Sub": ("#f0a35e", "#d9731f", "#9c4a0b"),
    "Comb": ("#7fb0dc", "#3579b8", "#153f6b"),
}
"""Colours of the paper's operators after block 1, 2 and 3."""
_OTHERS = ("#4c8c4a", "#8c5a9a", "#b59b00", "#c2407e", "#2a9d8f", "#5f4b3c")


class LineStyle(NamedTuple):
    """How a curve is drawn, as keyword arguments of ``Axes.plot``: ``plot(x, y, **s._asdict())``.

    Attributes:
        color: Hexadecimal colour.
        linestyle: ``-`` for a single network of the paper, ``--`` for an ensemble of them, ``:``
            for another system.
        linewidth: Width in points.
    """

    color: str
    linestyle: str
    linewidth: float


def system_style(
    kind: str, operator: str | None, placement: int | None, other: int = 0
) -> LineStyle:
    """Return the style of a system, the same in every picture.

    Args:
        kind: ``network``, ``ensemble`` or ``baseline``, as on the run card.
        operator: Name of the comparison operator; None for a system without one.
        placement: Block after which a network compares, from 1; None for all other systems.
        other: Number of the system in its table. It selects one of six colours for a system that
            is not in the paper, and has no effect on the paper's networks and ensembles.
    """
    if kind == "network" and operator is None:
        return LineStyle("#7a7a7a", "-", 1.4)
    shades = _OPERATORS.get(operator or "", ())
    if kind == "ensemble" and shades:
        return LineStyle(shades[-1], "--", 1.9)
    if kind == "network" and placement is not None and placement <= len(shades):
        return LineStyle(shades[placement - 1], "-", 1.4)
    return LineStyle(_OTHERS[other % len(_OTHERS)], ":", 1.4)
