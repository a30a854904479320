"""The interface of a detector."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.images import Pixels


@dataclass(frozen=True, eq=False)
class Face:
    """One face; x to the right and y down in pixels, (0, 0) is the centre of the top left pixel.

    Attributes:
        box: Left, top, right and bottom, ``(4,)``.
        confidence: The detector's confidence, on its own scale.
        eyes: Centres of the eyes, ``(2, 2)``, first that of the eye on the left of the image.
        points: Facial points, ``(P, 2)``.
    """

    box: NDArray[np.float64]
    confidence: float
    eyes: NDArray[np.float64]
    points: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        left, top, right, bottom = self.box.tolist()
        return float((right - left) * (bottom - top))

    @property
    def interocular(self) -> float:
        """Distance between the eyes in pixels."""
        return float(np.linalg.norm(self.eyes[1] - self.eyes[0]))


class Detector(Protocol):
    """Finds faces and their points.

    Attributes:
        name: Its name in the manifest.
        points: Number of facial points P.
    """

    name: str
    points: int

    def __call__(self, image: Pixels) -> list[Face]:
        """Return all faces in an image, ``(H, W)`` or ``(H, W, 3)``."""
        ...


def at_two_sizes(image: Pixels, longest_side: int) -> Iterator[tuple[Pixels, NDArray[np.float64]]]:
    """Resize an image, first so that it is searched fast, then so that small faces are found.

    Args:
        image: The image.
        longest_side: Longest side of the first in pixels; that of the second is twice as long.

    Yields:
        The resized image, and the factors of its width and height, ``(2,)``.
    """
    height, width = image.shape[:2]
    for limit, target in ((1.0, longest_side), (2.0, 2 * longest_side)):
        factor = min(limit, target / max(height, width))
        size = max(1, round(factor * width)), max(1, round(factor * height))
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        resized = cv2.resize(image, size, interpolation=method)
        yield np.asarray(resized, np.uint8), np.array(size) / [width, height]


def to_source(
    points: NDArray[np.float64], factors: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Convert points of a resized image to points of its source, ``(..., 2)``."""
    return (points + 0.5) / factors - 0.5
