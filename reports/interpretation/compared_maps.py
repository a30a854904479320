"""The maps around a comparison layer, placement below placement (paper, end of section 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from posed_spontaneous.networks import CompCNN
from posed_spontaneous.reports.interpretation.contact_sheet import (
    NORMAL,
    STEP,
    ContactSheet,
    shorten,
)
from posed_spontaneous.reports.interpretation.seen_fold import SeenFold
from posed_spontaneous.reports.section import Picture

CHANNELS = 3
"""Channels shown of a layer, which may have dozens."""

_TILE = 0.68
_ACROSS = 2
"""Pairs beside each other; further ones stand below."""
_MARGIN, _GAP = 1.0, 0.3
"""In tiles: left of the pairs, and between two of them."""
_HEAD, _LAYER_HEAD, _FOOT = 0.95, 0.75, 1.1
"""In tiles: above the faces, above a layer's maps, and below everything for the scales."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The strongest channels around a comparison layer, for B pairs.

    Attributes:
        system: The network's name in the paper's tables.
        placement: The block (1, 2 or 3) after which the paths merge.
        channels: Numbers of K channels, from 0, the strongest first.
        onset: Onset maps, ``(B, K, H, W)``, at least 0.
        apex: Apex maps, ``(B, K, H, W)``, at least 0.
        comparison: Comparisons after the ReLU, ``(B, K, H, W)``, at least 0.
    """

    system: str
    placement: int
    channels: NDArray[np.intp]
    onset: NDArray[np.float32]
    apex: NDArray[np.float32]
    comparison: NDArray[np.float32]

    @property
    def peaks(self) -> tuple[float, float]:
        """The largest value of the onset and apex maps, and of the comparison."""
        return float(max(self.onset.max(), self.apex.max())), float(self.comparison.max())


def read_layer(fold: SeenFold, count: int = CHANNELS) -> Layer:
    """The ``count`` channels whose comparison has the largest mean over the fold's pairs."""
    network = cast(CompCNN, fold.network)
    with torch.no_grad():
        maps = network.comparison_layer(fold.onset, fold.apex)
    channels = maps.comparison.mean(dim=(0, 2, 3)).argsort(descending=True, stable=True)[:count]
    onset, apex, comparison = (layer[:, channels].numpy() for layer in maps)
    return Layer(fold.system, network.placement, channels.numpy(), onset, apex, comparison)


def choose_pairs(folds: Sequence[SeenFold]) -> list[str]:
    """One test pair of each class: the first by sample_id that every network got right.

    A class of which every pair misled some network shows its first pair.

    Args:
        folds: Networks on the same test pairs.

    Returns:
        sample_ids in the order of the classes; a class that the fold does not test has none.
    """
    said = pd.concat([fold.predictions for fold in folds])
    said["right"] = said["predicted"] == said["label"]
    pairs = said.groupby("sample_id").agg(label=("label", "first"), right=("right", "all"))
    firsts = pairs.sort_values("right", ascending=False, kind="stable").reset_index()
    firsts = firsts.drop_duplicates("label").set_index("label")
    return [str(firsts.loc[c, "sample_id"]) for c in folds[0].classes if c in firsts.index]


def picture_operator(operator: str, folds: Sequence[SeenFold]) -> Picture:
    """Draw the maps of one comparison operator at each of its placements.

    Args:
        operator: Name of the operator.
        folds: Its networks on the B pairs to show.
    """
    layers = sorted(map(read_layer, folds), key=lambda layer: layer.placement)
    return Picture(
        name=f"feature-maps-{operator.lower()}",
        caption=_describe(operator, folds[0], layers),
        figure=_draw(folds[0], layers).figure,
    )


def _describe(operator: str, pairs: SeenFold, layers: Sequence[Layer]) -> str:
    names = ", ".join(pairs.predictions["sample_id"])
    peaks = "; ".join(
        f"after block {layer.placement} {maps:.3g} and {comparison:.3g}"
        for layer in layers
        for maps, comparison in [layer.peaks]
    )
    return (
        f"What CompCNN-{operator} compares, for one test pair of each class: the first that every "
        f"network of the table got right, or else the first ({names}). A row is a channel: its "
        "map of the onset, its map of the apex, and the comparison after its ReLU. Each network "
        f"shows the {len(layers[0].channels)} channels whose comparison has the largest mean over "
        "these pairs, the strongest first. Onset and apex maps share one scale, comparisons "
        f"another, both from 0 to the network's largest value shown: {peaks}. The difference of "
        "the images has no sign and is white where it is largest."
    )


def _draw(pairs: SeenFold, layers: Sequence[Layer]) -> ContactSheet:
    count = len(pairs.predictions)
    bands = -(-count // _ACROSS)
    height = _HEAD + STEP + sum(_LAYER_HEAD + len(layer.channels) * STEP for layer in layers)
    width = _MARGIN + _ACROSS * (3 * STEP + _GAP) - _GAP + 0.15
    sheet = ContactSheet(width, bands * height + _FOOT, _TILE)
    for number in range(count):
        band, column = divmod(number, _ACROSS)
        x = _MARGIN + column * (3 * STEP + _GAP)
        _draw_pair(sheet, pairs, layers, number, x, band * height)
        if column == 0:
            _name_rows(sheet, layers, band * height)
    _draw_scales(sheet, width, bands * height)
    return sheet


def _draw_pair(
    sheet: ContactSheet, pairs: SeenFold, layers: Sequence[Layer], number: int, x: float, y: float
) -> None:
    pair = pairs.predictions.iloc[number]
    middle = x + 1.5 * STEP
    sheet.write(shorten(pair["label"], 20), middle, y + 0.25, NORMAL, ha="center", weight="bold")
    sheet.write(shorten(pair["sample_id"], 28), middle, y + 0.55, ha="center", color="#555")
    y += _HEAD
    sheet.head(("onset", "apex", "difference"), x, y)
    sheet.show_pair(pairs.onset_images[number], pairs.apex_images[number], x, y)
    y += STEP
    for layer in layers:
        y += _LAYER_HEAD
        sheet.head(("onset", "apex", "comparison"), x, y)
        maps, comparison = (peak or 1.0 for peak in layer.peaks)
        for row in range(len(layer.channels)):
            sheet.show(layer.onset[number, row] / maps, x, y, "viridis", (0, 1))
            sheet.show(layer.apex[number, row] / maps, x + STEP, y, "viridis", (0, 1))
            compared = layer.comparison[number, row] / comparison
            sheet.show(compared, x + 2 * STEP, y, "magma", (0, 1))
            y += STEP


def _name_rows(sheet: ContactSheet, layers: Sequence[Layer], y: float) -> None:
    y += _HEAD
    sheet.write("images", _MARGIN - 0.1, y + 0.5, ha="right")
    y += STEP
    for layer in layers:
        high, wide = layer.onset.shape[2:]
        heading = f"{layer.system}: after block {layer.placement}, {high}x{wide} pixels"
        sheet.write(heading, 0.1, y + 0.3, NORMAL, weight="bold")
        y += _LAYER_HEAD
        for channel in layer.channels:
            sheet.write(f"channel\n{channel}", _MARGIN - 0.1, y + 0.5, ha="right")
            y += STEP


def _draw_scales(sheet: ContactSheet, width: float, y: float) -> None:
    half = (width - _MARGIN) / 2
    ends = {0.0: "0", 1.0: "largest"}
    for x, colours, title in (
        (_MARGIN, "viridis", "onset and apex maps"),
        (_MARGIN + half, "magma", "comparison"),
    ):
        sheet.scale(colours, ends, x, y + 0.5, half - 0.6, title)
