"""Many small images and words on one drawing, at places counted in tiles."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

SMALL, NORMAL = 9.0, 10.5
"""Sizes of letters in points: on a telephone a drawing of five inches is half as wide."""

STEP = 1.05
"""From one image to the next, in tiles."""

_DOTS = 150
"""Pixels an inch of what is embedded: three to a pixel of a 44-pixel face on a tile of 0.88."""


class ContactSheet:
    """One pair of axes over the whole drawing, from (0, 0) at the top left, y downwards.

    Axes of their own for every image would take seconds to lay out.

    Args:
        columns: Width in tiles.
        rows: Height in tiles.
        tile: Side of a tile in inches.
    """

    def __init__(self, columns: float, rows: float, tile: float) -> None:
        self.figure = Figure(figsize=(columns * tile, rows * tile), dpi=_DOTS)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, columns), ylim=(rows, 0), autoscale_on=False)
        self.axes.set_axis_off()

    def show(
        self,
        image: NDArray[Any],
        x: float,
        y: float,
        colours: str,
        limits: tuple[float, float],
        opacity: float | NDArray[Any] = 1.0,
    ) -> None:
        """Show an image on the tile whose top left corner is at (x, y).

        Args:
            image: Values, ``(H, W)``.
            x: Tiles from the left.
            y: Tiles from the top.
            colours: Name of the colour map.
            limits: The values that take the first and the last colour.
            opacity: 0 to 1, one for all or one a pixel, ``(H, W)``.
        """
        self.axes.imshow(
            image,
            cmap=colours,
            vmin=limits[0],
            vmax=limits[1],
            alpha=opacity,
            interpolation="nearest",
            aspect="auto",
            extent=(x, x + 1, y + 1, y),
        )

    def frame(self, x: float, y: float) -> None:
        """Draw a thin line around the tile at (x, y), for an image whose border is white."""
        self.axes.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor="#999", linewidth=0.5))

    def write(self, text: str, x: float, y: float, size: float = SMALL, **style: Any) -> None:
        """Write text at (x, y), vertically centred there unless the style says otherwise."""
        style = {"va": "center", "parse_math": False, **style}
        self.axes.text(x, y, text, fontsize=size, **style)

    def show_pair(
        self, onset: NDArray[np.uint8], apex: NDArray[np.uint8], x: float, y: float
    ) -> None:
        """Show onset, apex and their difference without sign, white where it is largest.

        Args:
            onset: Onset image, ``(H, W)``, 0 to 255.
            apex: Apex image, ``(H, W)``, 0 to 255.
            x: Tiles from the left.
            y: Tiles from the top.
        """
        # As uint8 a difference below 0 would wrap around.
        difference = np.abs(onset.astype(np.int16) - apex)
        self.show(onset, x, y, "gray", (0, 255))
        self.show(apex, x + STEP, y, "gray", (0, 255))
        self.show(difference, x + 2 * STEP, y, "gray", (0, int(difference.max()) or 1))

    def head(self, names: Sequence[str], x: float, y: float) -> None:
        """Name the columns of the images whose upper edge is at y, the first of them at x."""
        for column, name in enumerate(names):
            self.write(name, x + column * STEP + 0.5, y - 0.15, ha="center")

    def scale(
        self,
        colours: str,
        ends: Mapping[float, str],
        x: float,
        y: float,
        width: float,
        title: str,
    ) -> None:
        """Explain colours by a bar with a title above it and words below it.

        Args:
            colours: Name of the colour map.
            ends: Values in rising order, the first and the last colour's among them, in words.
            x: The bar's left end, in tiles.
            y: The bar's top, in tiles.
            width: Its width in tiles.
            title: What is measured.
        """
        box = self.axes.inset_axes((x, y, width, 0.14), transform=self.axes.transData)
        values = list(ends)
        shown = ScalarMappable(Normalize(values[0], values[-1]), colours)
        bar = self.figure.colorbar(shown, cax=box, orientation="horizontal")
        bar.set_ticks(values, labels=list(ends.values()))
        box.tick_params(labelsize=SMALL, length=2, pad=2)
        self.write(title, x, y - 0.18)


def shorten(text: str, length: int) -> str:
    """The text, without its middle where it is longer than ``length`` letters."""
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
