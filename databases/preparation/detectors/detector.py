"""What every detector tells of a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.pictures import Picture


@dataclass(frozen=True, eq=False)
class Face:
    """One face; pixels count x to the right and y down, (0, 0) is the centre of the top left one.

    Attributes:
        box: Left, top, right and bottom, ``(4,)``.
        confidence: How sure the detector is, on a scale of its own.
        eyes: Centres of the eyes, ``(2, 2)``: first the one on the image's left.
        points: Facial points, ``(P, 2)``.
    """

    box: NDArray[np.float64]
    confidence: float
    eyes: NDArray[np.float64]
    points: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Pixels in the box."""
        left, top, right, bottom = self.box.tolist()
        return float((right - left) * (bottom - top))

    @property
    def interocular(self) -> float:
        """Pixels between the eyes."""
        return float(np.linalg.norm(self.eyes[1] - self.eyes[0]))


class Detector(Protocol):
    """Finds faces and their points.

    Attributes:
        name: What the manifest calls it.
        points: Number of points P of a face.
    """

    name: str
    points: int

    def __call__(self, image: Picture) -> list[Face]:
        """All faces in a picture, ``(H, W)`` or ``(H, W, 3)``; none where none is found."""
        ...


def at_sides(image: Picture, longest_side: int) -> Iterator[tuple[Picture, NDArray[np.float64]]]:
    """A picture small enough to be searched fast, and then one in which small faces are larger.

    Args:
        image: The picture.
        longest_side: Pixels of the longest side of the first; the second has twice as many.

    Yields:
        The picture and by how much its width and height grew, ``(2,)``.
    """
    height, width = image.shape[:2]
    for most, target in ((1.0, longest_side), (2.0, 2 * longest_side)):
        growth = min(most, target / max(height, width))
        size = max(1, round(growth * width)), max(1, round(growth * height))
        way = cv2.INTER_AREA if growth < 1 else cv2.INTER_LINEAR
        resized = image if size == (width, height) else cv2.resize(image, size, interpolation=way)
        yield np.asarray(resized, np.uint8), np.array(size) / [width, height]


def to_source(places: NDArray[np.float64], growth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels of a resized picture as those of its source; ``(..., 2)``."""
    return (places + 0.5) / growth - 0.5
