"""Figures of many small images and short texts, at positions counted in tiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from posed_spontaneous.drawing.style import IMAGE, POINT, REFERENCE_LINE, TEXT

SMALL, NORMAL = 9.0, 10.5
"""Font sizes in points: on a telephone a figure of five inches is shown at half its width."""

STEP = 1.05
"""Distance from one image to the next, in tiles."""

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class PairPicture:
    """A pair to draw.

    Attributes:
        name: Its sample_id.
        label: Its class, or another text that describes it.
        onset: Onset image, ``(H, W)``, or ``(H, W, 3)`` in red, green and blue; None if missing.
        apex: Apex image, likewise.
        points: Points on the onset, ``(N, 2)``, x and y in its pixels; those outside are skipped.
        color: Colour of a frame or text that flags it; None if it is not flagged.
    """

    name: str
    label: str
    onset: Image | None
    apex: Image | None
    points: NDArray[np.float64] | None = None
    color: str | None = None


class TileFigure:
    """One pair of axes over the whole figure, with (0, 0) at the top left and y downwards.

    Separate axes for each image would take seconds to lay out.

    Args:
        columns: Width in tiles.
        rows: Height in tiles.
        tile: Side of a tile in inches.
        dpi: Pixels per inch of images. At 150, a 44-pixel image on a tile of 0.88 inches has
            three for each of its own.
    """

    def __init__(self, columns: float, rows: float, tile: float, dpi: int = 150) -> None:
        self.tile = tile
        self.figure = Figure(figsize=(columns * tile, rows * tile), dpi=dpi)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, columns), ylim=(rows, 0), autoscale_on=False)
        self.axes.set_axis_off()

    def show(
        self,
        image: NDArray[Any],
        x: float,
        y: float,
        colors: str = IMAGE,
        limits: tuple[float, float] = (0, 255),
        opacity: float | NDArray[Any] = 1.0,
    ) -> None:
        """Show an image on the tile with its top left corner at (x, y).

        Args:
            image: Values, ``(H, W)``, or red, green and blue, ``(H, W, 3)``, uint8.
            x: Tiles from the left.
            y: Tiles from the top.
            colors: Name of the colour map.
            limits: Values of the first and the last colour.
            opacity: 0 to 1, one for all pixels or one for each, ``(H, W)``.
        """
        self.axes.imshow(
            image,
            cmap=colors,
            vmin=limits[0],
            vmax=limits[1],
            alpha=opacity,
            interpolation="nearest",
            aspect="auto",
            extent=(x, x + 1, y + 1, y),
        )

    def show_pair(self, pair: PairPicture, x: float, y: float, limit: float | None = None) -> None:
        """Show onset, apex and their difference on three tiles, the first of them at (x, y).

        A missing image is crossed out. For the limit see ``difference_image``.
        """
        difference = None
        if pair.onset is not None and pair.apex is not None:
            difference = difference_image(pair.onset, pair.apex, limit)
        for column, image in enumerate((pair.onset, pair.apex, difference)):
            if image is None:
                self.cross(x + column * STEP, y)
            else:
                self.show(image, x + column * STEP, y)
        if pair.onset is not None and pair.points is not None:
            points = (pair.points + 0.5) / pair.onset.shape[1::-1]
            inside = points[((points > 0) & (points < 1)).all(axis=1)] + (x, y)
            self.axes.plot(*inside.T, "s", color=POINT, markersize=1.5, markeredgewidth=0)

    def frame(self, x: float, y: float, width: float = 1, height: float = 1, **style: Any) -> None:
        """Draw a thin frame, by default around the tile at (x, y)."""
        style = {"fill": False, "edgecolor": REFERENCE_LINE, "linewidth": 0.5, **style}
        self.axes.add_patch(Rectangle((x, y), width, height, **style))

    def cross(self, x: float, y: float) -> None:
        """Cross out the tile at (x, y), where an image is missing."""
        self.frame(x, y)
        for ends in ((y, y + 1), (y + 1, y)):
            self.axes.plot((x, x + 1), ends, color=REFERENCE_LINE, linewidth=0.5)

    def write(self, text: str, x: float, y: float, size: float = SMALL, **style: Any) -> None:
        """Write text at (x, y), by default vertically centred there."""
        style = {"va": "center", "color": TEXT, "parse_math": False, **style}
        self.axes.text(x, y, text, fontsize=size, **style)

    def head(self, names: Sequence[str], x: float, y: float) -> None:
        """Name the columns of the images with their top at y, the first of them at x."""
        for column, name in enumerate(names):
            self.write(name, x + column * STEP + 0.5, y - 0.15, ha="center")

    def scale(
        self, colors: str, ends: Mapping[float, str], x: float, y: float, width: float, title: str
    ) -> None:
        """Explain a colour map by a bar of a width in tiles, with its left end at (x, y).

        The title is above it; ``ends`` are labels below it by value, in rising order, from the
        first to the last colour.
        """
        box = self.axes.inset_axes((x, y, width, 0.14), transform=self.axes.transData)
        values = list(ends)
        shown = ScalarMappable(Normalize(values[0], values[-1]), colors)
        bar = self.figure.colorbar(shown, cax=box, orientation="horizontal")
        bar.set_ticks(values, labels=list(ends.values()))
        box.tick_params(labelsize=SMALL, length=2, pad=2)
        self.write(title, x, y - 0.18)


def difference_image(onset: Image, apex: Image, limit: float | None = None) -> Image:
    """Return onset minus apex as an image, in which mid-gray is no difference.

    Args:
        onset: Onset image, ``(H, W)`` or ``(H, W, 3)``.
        apex: Apex image, of the same shape.
        limit: Difference that becomes 0 or 255, in gray levels; by default the largest one.
    """
    # uint8 would wrap around.
    difference = onset.astype(np.int16) - apex
    limit = limit or float(np.abs(difference).max()) or 1.0
    return np.asarray(np.clip(128 + difference * (127.5 / limit), 0, 255), np.uint8)


def shorten(text: str, length: int) -> str:
    """Replace the middle of a text of more than ``length`` characters by an ellipsis."""
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def render_png(figure: Figure, dpi: float | None = None) -> bytes:
    """Return a figure as a PNG file, by default at its own number of pixels per inch."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=dpi or figure.dpi)
    return stream.getvalue()
