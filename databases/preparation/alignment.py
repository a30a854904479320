"""Aligns faces by their eyes: a rotation, a scaling and a crop, without distortion."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.images import Pixels
from posed_spontaneous.runtime.errors import InputError

Similarity = NDArray[np.float64]
"""``(2, 3)`` matrix from pixels of an image to pixels of its crop, both counted from their centres.
"""


@dataclass(frozen=True, kw_only=True)
class EyeAlignment:
    """Maps the eyes of every face to the same two positions.

    Args:
        eye_span: Distance between the eyes as a fraction of the crop's width, above 0 and below 1.
        eye_line: Distance of the eyes from the top as a fraction of the crop's width, above 0 and
            below 1.
        frame: ``onset`` aligns both frames of a pair by the eyes of the onset, which keeps the
            motion between them. ``own`` aligns each frame by its own eyes.

    Raises:
        InputError: If an argument is out of range.
    """

    eye_span: float
    eye_line: float
    frame: str

    def __post_init__(self) -> None:
        if not 0 < self.eye_span < 1 or not 0 < self.eye_line < 1:
            raise InputError(
                f"alignment: eye_span is {self.eye_span} and eye_line {self.eye_line}, expected "
                "values between 0 and 1"
            )
        if self.frame not in ("onset", "own"):
            raise InputError(f"alignment: frame is {self.frame!r}, expected onset or own")

    def similarity(self, eyes: NDArray[np.float64], size: int) -> Similarity:
        """The transform of an image to its crop.

        Args:
            eyes: Two different centres, ``(2, 2)``, first that of the eye on the left of the image.
            size: Side of the crop in pixels.
        """
        left, right = (complex(*eye) for eye in eyes)
        # A quotient of complex numbers is a rotation and a scaling.
        rotation = self.eye_span * size / (right - left)
        middle = complex(0.5 * size, self.eye_line * size) - complex(0.5, 0.5)
        return _similarity(rotation, middle - rotation * (left + right) / 2)


def middle_square(width: int, height: int, size: int) -> Similarity:
    """The transform of the largest square in the middle of an image to a crop of this size."""
    scale = size / min(width, height)
    middle = complex(width - 1, height - 1) / 2
    return _similarity(complex(scale, 0), complex(size - 1, size - 1) / 2 - scale * middle)


def transform(similarity: Similarity, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Transform points of an image to its crop, ``(..., 2)``."""
    return np.asarray(points @ similarity[:, :2].T + similarity[:, 2])


def overhang(similarity: Similarity, size: int, width: int, height: int) -> float:
    """How far the crop extends beyond the image, as a fraction of the crop's width, 0 or more."""
    low, high = -0.5, size - 0.5
    corners = np.array([[low, low], [high, low], [low, high], [high, high]])
    places = (corners - similarity[:, 2]) @ np.linalg.inv(similarity[:, :2]).T
    beyond = max((-0.5 - places).max(), (places - [width - 0.5, height - 0.5]).max())
    return max(0.0, float(beyond) * _scale(similarity) / size)


def crop(image: Pixels, similarity: Similarity, size: int) -> Pixels:
    """Cut out the aligned square, ``(size, size)`` or ``(size, size, 3)``.

    Where an image is shrunk, each pixel of the crop is the mean of the area that it covers. Beyond
    the border the image's last pixels are repeated, since a black edge would be a cue.
    """
    factor = max(1, int(np.ceil(1 / _scale(similarity))))
    larger = similarity * factor
    larger[:, 2] += (factor - 1) / 2
    warped = cv2.warpAffine(
        image,
        larger,
        (size * factor, size * factor),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.resize(warped, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _similarity(rotation: complex, shift: complex) -> Similarity:
    real, imaginary = rotation.real, rotation.imag
    return np.array([[real, -imaginary, shift.real], [imaginary, real, shift.imag]])


def _scale(similarity: Similarity) -> float:
    """Pixels of the crop per pixel of the image."""
    return float(np.hypot(*similarity[:, 0]))
