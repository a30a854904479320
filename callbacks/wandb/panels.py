"""Pictures of a test fold: its confusion matrix, and what a network makes of single pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from PIL import Image

_RIGHT, _WRONG = "#1a7f37", "#cf222e"

_CHANNELS = 6
"""Maps shown of a layer, which may have dozens."""

_PITCH = 1.06
"""From one map to the next, in widths of a map."""


@dataclass(frozen=True)
class Sample:
    """A test pair and what a network said of it.

    Attributes:
        name: The sample's id.
        onset: Onset image, ``(H, W)``, uint8.
        apex: Apex image, ``(H, W)``, uint8.
        label: The true class.
        predicted: The predicted class.
        score: Score of the predicted class, 0 to 1.
    """

    name: str
    onset: NDArray[np.uint8]
    apex: NDArray[np.uint8]
    label: str
    predicted: str
    score: float

    @property
    def title(self) -> str:
        """Id, truth and prediction on one line."""
        return f"{self.name}: true {self.label}, predicted {self.predicted} ({self.score:.2f})"

    @property
    def difference(self) -> NDArray[np.int16]:
        """Onset minus apex, ``(H, W)``, -255 to 255 gray levels."""
        return self.onset.astype(np.int16) - self.apex


def render(figure: Figure) -> Image.Image:
    """The figure as pixels."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return Image.open(buffer)


def draw_confusion(
    label: pd.Series, predicted: pd.Series, classes: Sequence[str], title: str
) -> Figure:
    """The confusion matrix: truth down, prediction across, counts and shares of the true class.

    Args:
        label: True class of N samples.
        predicted: Predicted class of each.
        classes: Names of the C classes, in the order of the rows.
        title: What was tested.
    """
    names = list(classes)
    counts = pd.crosstab(label, predicted).reindex(index=names, columns=names, fill_value=0)
    # A class may be absent from a fold.
    shares = (counts.div(counts.sum(axis=1).clip(lower=1), axis=0) * 100).to_numpy()
    side = 2.2 + 0.9 * len(classes)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    figure.colorbar(image, ax=axes, label="% of the true class", shrink=0.8)
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{count}\n{share:.1f} %",
            ha="center",
            va="center",
            color="white" if share > 50 else "black",
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names, rotation=90, va="center")
    axes.set(xlabel="predicted", ylabel="true")
    wrong = int((label != predicted).sum())
    axes.set_title(f"{title}\n{wrong} of {len(label)} wrong", fontsize="medium")
    return figure


def draw_pair(sample: Sample) -> Figure:
    """Onset, apex and their difference, which is all that DiffCNN reads."""
    figure = Figure(figsize=(8.4, 3), layout="constrained")
    onset, apex, difference = figure.subplots(1, 3)
    _show_gray(onset, sample.onset, "onset")
    gray = _show_gray(apex, sample.apex, "apex")
    figure.colorbar(gray, ax=[onset, apex], label="gray level", shrink=0.8)
    image = _show_difference(difference, sample)
    figure.colorbar(image, ax=difference, label="gray levels", shrink=0.8)
    _head(figure, sample)
    return figure


def draw_maps(
    samples: Sequence[Sample],
    onset: NDArray[np.float32],
    apex: NDArray[np.float32],
    comparison: NDArray[np.float32],
) -> list[Figure]:
    """One figure a sample: the pair and its feature maps around the comparison layer.

    The channels are those that the comparison excites most over all samples, so that the
    figures show the same ones; onset and apex maps share one scale of colours.

    Args:
        samples: B samples.
        onset: Their onset maps, ``(B, C, H, W)``, at least 0.
        apex: Their apex maps, ``(B, C, H, W)``, at least 0.
        comparison: Their comparisons after the ReLU, ``(B, C, H, W)``.
    """
    strength = comparison.mean(axis=(0, 2, 3))
    channels = np.sort(np.argsort(-strength, kind="stable")[:_CHANNELS])
    layers = [maps[:, channels] for maps in (onset, apex, comparison)]
    return [
        _draw_layers(sample, channels, own) for sample, *own in zip(samples, *layers, strict=True)
    ]


def _draw_layers(
    sample: Sample, channels: NDArray[np.intp], layers: Sequence[NDArray[np.float32]]
) -> Figure:
    columns = len(channels)
    figure = Figure(figsize=(3.6 + 1.35 * columns, 5.2), layout="constrained")
    grid = figure.subplots(3, 2, width_ratios=[1, columns * _PITCH])
    gray = _show_gray(grid[0, 0], sample.onset, "onset")
    _show_gray(grid[1, 0], sample.apex, "apex")
    difference = _show_difference(grid[2, 0], sample)
    figure.colorbar(gray, ax=grid[:2, 0], location="left", label="gray level", shrink=0.6)
    figure.colorbar(difference, ax=grid[2, 0], location="left", label="gray levels")

    onset, apex, comparison = layers
    limit = float(max(onset.max(), apex.max()))
    maps = _show_maps(grid[0, 1], onset, "viridis", limit)
    _show_maps(grid[1, 1], apex, "viridis", limit)
    compared = _show_maps(grid[2, 1], comparison, "magma", float(comparison.max()))
    figure.colorbar(maps, ax=grid[:2, 1], label="feature maps", shrink=0.6)
    figure.colorbar(compared, ax=grid[2, 1], label="comparison")
    for column, channel in enumerate(channels):
        place = (column * _PITCH + 0.5, 1.04)
        grid[0, 1].text(*place, f"channel {channel}", ha="center", fontsize="small")
    _head(figure, sample)
    return figure


def _show_maps(axes: Axes, maps: NDArray[np.float32], colours: str, limit: float) -> AxesImage:
    """Show ``(columns, H, W)`` maps side by side; axes of their own would be slow to lay out."""
    axes.set_axis_off()
    for column, values in enumerate(maps):
        left = column * _PITCH
        image = axes.imshow(
            values, cmap=colours, vmin=0, vmax=limit or 1, extent=(left, left + 1, 0, 1)
        )
    axes.set(xlim=(0, left + 1), ylim=(0, 1))
    return image


def _show_gray(axes: Axes, image: NDArray[np.uint8], title: str) -> AxesImage:
    axes.set_axis_off()
    axes.set_title(title, fontsize="small")
    return axes.imshow(image, cmap="gray", vmin=0, vmax=255)


def _show_difference(axes: Axes, sample: Sample) -> AxesImage:
    axes.set_axis_off()
    axes.set_title("onset - apex", fontsize="small")
    limit = np.abs(sample.difference).max()
    return axes.imshow(sample.difference, cmap="RdBu", vmin=-limit, vmax=limit)


def _head(figure: Figure, sample: Sample) -> None:
    colour = _RIGHT if sample.label == sample.predicted else _WRONG
    figure.suptitle(sample.title, color=colour, fontsize="medium")
