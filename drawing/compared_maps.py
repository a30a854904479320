"""Pairs and their feature maps around comparison layers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from posed_spontaneous.drawing.style import COMPARISON, MAPS, MUTED_TEXT, TEXT
from posed_spontaneous.drawing.tiles import NORMAL, STEP, PairPicture, TileFigure, shorten

ACROSS = 2
"""Pairs in a row."""
MARGIN, GAP = 1.0, 0.3
"""Left of the pairs, and between two of them, in tiles."""
NARROWEST = 5.2
"""Smallest width of a figure with one pair, in inches, for the titles of the layers."""
HEAD, LAYER_HEAD, FOOT = 0.95, 0.75, 1.1
"""Above the images, above the maps of a layer, and below everything for the scales, in tiles."""


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Feature maps of K channels around a comparison layer, for B pairs.

    Attributes:
        title: Name of the layer, to which the size of the maps is added.
        channels: Numbers of the channels, from 0.
        onset: Onset maps, ``(B, K, H, W)``, at least 0.
        apex: Apex maps, ``(B, K, H, W)``, at least 0.
        comparison: Output of the layer after the ReLU, ``(B, K, H, W)``, at least 0.
    """

    title: str
    channels: NDArray[np.intp]
    onset: NDArray[np.float32]
    apex: NDArray[np.float32]
    comparison: NDArray[np.float32]

    @classmethod
    def strongest(cls, title: str, maps: Iterable[NDArray[np.float32]], count: int) -> Self:
        """Select the ``count`` channels with the largest mean of the comparison, in this order.

        ``maps`` are onset, apex and comparison maps of all channels, ``(B, C, H, W)`` each.
        """
        onset, apex, comparison = maps
        strength = comparison.mean(axis=(0, 2, 3))
        channels = np.argsort(-strength, kind="stable")[:count]
        return cls(title, channels, *(layer[:, channels] for layer in (onset, apex, comparison)))

    def of_pair(self, number: int) -> Self:
        """Return the maps of one pair only, in arrays of the same shape with B = 1."""
        own = slice(number, number + 1)
        maps = {name: getattr(self, name)[own] for name in ("onset", "apex", "comparison")}
        return replace(self, **maps)

    @property
    def peaks(self) -> tuple[float, float]:
        """Largest value of the onset and apex maps, and of the comparison."""
        return float(max(self.onset.max(), self.apex.max())), float(self.comparison.max())


def draw_compared_maps(
    pairs: Sequence[PairPicture], layers: Sequence[LayerMaps] = (), tile: float = 0.68
) -> Figure:
    """Draw pairs with the maps of layers below them, a row for each channel.

    In each layer, onset and apex maps share one scale and the comparisons another, both from 0
    to the largest value.

    Args:
        pairs: B pairs.
        layers: Maps of these pairs.
        tile: Side of an image in inches.
    """
    height = HEAD + STEP + sum(LAYER_HEAD + len(layer.channels) * STEP for layer in layers)
    across = min(ACROSS, len(pairs))
    wide = 3 * STEP + GAP
    width = max(MARGIN + across * wide - GAP, NARROWEST / tile) + 0.15
    # Letters of the small font in the width of a pair, or of the figure with a single one.
    letters = int(12.4 * tile * (wide if across > 1 else width))
    rows = -(-len(pairs) // ACROSS)
    sheet = TileFigure(width, rows * height + (FOOT if layers else 0.05), tile)
    for number, pair in enumerate(pairs):
        row, column = divmod(number, ACROSS)
        x, y = MARGIN + column * wide, row * height
        middle, color = x + 0.5 + STEP, pair.color or TEXT
        label, name = shorten(pair.label, int(0.72 * letters)), shorten(pair.name, letters)
        sheet.write(label, middle, y + 0.25, NORMAL, ha="center", weight="bold", color=color)
        sheet.write(name, middle, y + 0.55, ha="center", color=MUTED_TEXT)
        sheet.head(("onset", "apex", "difference"), x, y + HEAD)
        sheet.show_pair(pair, x, y + HEAD)
        _draw_maps(sheet, layers, number, x, y + HEAD + STEP)
        if column == 0:
            _name_rows(sheet, layers, y + HEAD)
    if layers:
        half, y, ends = (width - MARGIN) / 2, rows * height + 0.5, {0.0: "0", 1.0: "largest"}
        sheet.scale(MAPS, ends, MARGIN, y, half - 0.6, "onset and apex maps")
        sheet.scale(COMPARISON, ends, MARGIN + half, y, half - 0.6, "comparison")
    return sheet.figure


def _draw_maps(
    sheet: TileFigure, layers: Sequence[LayerMaps], number: int, x: float, y: float
) -> None:
    for layer in layers:
        y += LAYER_HEAD
        sheet.head(("onset", "apex", "comparison"), x, y)
        largest, compared = (peak or 1.0 for peak in layer.peaks)
        for row in range(len(layer.channels)):
            sheet.show(layer.onset[number, row], x, y, MAPS, (0, largest))
            sheet.show(layer.apex[number, row], x + STEP, y, MAPS, (0, largest))
            sheet.show(layer.comparison[number, row], x + 2 * STEP, y, COMPARISON, (0, compared))
            y += STEP


def _name_rows(sheet: TileFigure, layers: Sequence[LayerMaps], y: float) -> None:
    sheet.write("images", MARGIN - 0.1, y + 0.5, ha="right")
    y += STEP
    for layer in layers:
        high, wide = layer.onset.shape[2:]
        title = f"{layer.title}, {high}x{wide} pixels"
        sheet.write(title, 0.1, y + 0.3, NORMAL, weight="bold")
        y += LAYER_HEAD
        for channel in layer.channels:
            sheet.write(f"channel\n{channel}", MARGIN - 0.1, y + 0.5, ha="right")
            y += STEP
