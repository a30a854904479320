"""Figures of a test fold: its confusion matrix, and single pairs with their feature maps."""

from collections.abc import Hashable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from posed_spontaneous.dataset.manifest import SCORE_PREFIX
from posed_spontaneous.drawing.compared_maps import LayerMaps, draw_compared_maps
from posed_spontaneous.drawing.style import CORRECT, INCORRECT, SHARES, TEXT, TEXT_ON_DARK
from posed_spontaneous.drawing.tiles import PairPicture, render_png

CHANNELS = 6
"""Largest number of channels that are shown."""


def render(figure: Figure) -> Image.Image:
    """Return the pixels of a figure."""
    return Image.open(BytesIO(render_png(figure, dpi=120)))


def draw_confusion(
    label: pd.Series, predicted: pd.Series, classes: Sequence[str], title: str
) -> Figure:
    """Draw a confusion matrix, a row for each true class: counts and shares of the true class.

    Args:
        label: True class of N samples.
        predicted: Predicted class of each.
        classes: Names of the C classes, in the order of the rows.
        title: Title, above the number of errors.
    """
    names = list(classes)
    counts = pd.crosstab(label, predicted).reindex(index=names, columns=names, fill_value=0)
    # A fold may have no samples of a class.
    shares = (counts.div(counts.sum(axis=1).clip(lower=1), axis=0) * 100).to_numpy()
    side = 2.2 + 0.9 * len(classes)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap=SHARES, vmin=0, vmax=100)
    figure.colorbar(image, ax=axes, label="% of the true class", shrink=0.8)
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{count}\n{share:.1f} %",
            ha="center",
            va="center",
            color=TEXT_ON_DARK if share > 50 else TEXT,
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names, rotation=90, va="center")
    axes.set(xlabel="predicted", ylabel="true")
    wrong = int((label != predicted).sum())
    axes.set_title(f"{title}\n{wrong} of {len(label)} wrong", fontsize="medium")
    return figure


def picture_prediction(
    row: Mapping[Hashable, Any], onset: NDArray[np.uint8], apex: NDArray[np.uint8]
) -> PairPicture:
    """Describe a test pair and its prediction, in green if it is correct and otherwise in red.

    Args:
        row: Its row of the predictions.
        onset: Onset image, ``(H, W)``, 0 to 255.
        apex: Apex image, ``(H, W)``, 0 to 255.
    """
    label, predicted = row["label"], row["predicted"]
    return PairPicture(
        name=row["sample_id"],
        label=f"true {label}, predicted {predicted} ({row[SCORE_PREFIX + predicted]:.2f})",
        onset=onset,
        apex=apex,
        color=CORRECT if label == predicted else INCORRECT,
    )


def draw_pairs(pairs: Sequence[PairPicture], layer: LayerMaps | None = None) -> list[Figure]:
    """Draw a figure for each of B pairs, with their maps around the comparison layer, if any."""
    return [
        draw_compared_maps([pair], [layer.of_pair(number)] if layer else [], tile=0.9)
        for number, pair in enumerate(pairs)
    ]
