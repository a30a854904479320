"""From the eyes to the crop: turned, scaled and cut, without stretching anything."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.pictures import Picture
from posed_spontaneous.runtime.errors import InputError

Similarity = NDArray[np.float64]
"""``(2, 3)``: from pixels of a picture to pixels of its crop, both counted from pixel centres."""


@dataclass(frozen=True, kw_only=True)
class EyeAlignment:
    """Puts the eyes of every face at the same two places.

    Args:
        eye_span: Distance between the eyes as a share of the crop's width.
        eye_line: Height of the eyes, from the top, as a share of the crop's width.
        frame: Whose eyes align a pair: ``onset`` cuts both frames alike, so that what moves
            between them is seen; ``own`` aligns each frame by its own eyes.
    """

    eye_span: float
    eye_line: float
    frame: str

    def __post_init__(self) -> None:
        if not 0 < self.eye_span < 1 or not 0 < self.eye_line < 1:
            raise InputError(
                f"alignment: eye_span is {self.eye_span} and eye_line {self.eye_line}, expected "
                "shares between 0 and 1"
            )
        if self.frame not in ("onset", "own"):
            raise InputError(f"alignment: frame is {self.frame!r}, expected onset or own")

    def similarity(self, eyes: NDArray[np.float64], size: int) -> Similarity:
        """What takes the eyes to their places.

        Args:
            eyes: Centres, ``(2, 2)``, first the one on the image's left; apart from each other.
            size: Pixels of the crop's side.
        """
        left, right = (complex(*eye) for eye in eyes)
        # A quotient of complex numbers is a turn and a scale.
        turn = self.eye_span * size / (right - left)
        middle = complex(0.5 * size, self.eye_line * size) - complex(0.5, 0.5)
        return _similarity(turn, middle - turn * (left + right) / 2)


def middle_square(width: int, height: int, size: int) -> Similarity:
    """What takes the largest square in the middle of a picture to the crop."""
    scale = size / min(width, height)
    middle = complex(width - 1, height - 1) / 2
    return _similarity(complex(scale, 0), complex(size - 1, size - 1) / 2 - scale * middle)


def transform(similarity: Similarity, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of a picture as those of its crop, ``(..., 2)``."""
    return np.asarray(points @ similarity[:, :2].T + similarity[:, 2])


def overhang(similarity: Similarity, size: int, width: int, height: int) -> float:
    """How far the crop leaves the picture, as a share of the crop's width; 0 if it does not."""
    low, high = -0.5, size - 0.5
    corners = np.array([[low, low], [high, low], [low, high], [high, high]])
    places = (corners - similarity[:, 2]) @ np.linalg.inv(similarity[:, :2]).T
    beyond = max((-0.5 - places).max(), (places - [width - 0.5, height - 0.5]).max())
    return max(0.0, float(beyond) * _scale(similarity) / size)


def crop(image: Picture, similarity: Similarity, size: int) -> Picture:
    """Cut the aligned square, ``(size, size)`` or ``(size, size, 3)``.

    Where the picture is shrunk, each pixel of the crop is the mean of all that it covers; what lies
    beyond the border repeats it, since a black edge would be a cue.
    """
    fine = max(1, int(np.ceil(1 / _scale(similarity))))
    larger = similarity * fine
    larger[:, 2] += (fine - 1) / 2
    warped = cv2.warpAffine(
        image,
        larger,
        (size * fine, size * fine),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.resize(warped, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _similarity(turn: complex, shift: complex) -> Similarity:
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _scale(similarity: Similarity) -> float:
    """Pixels of the crop for each of the picture."""
    return float(np.hypot(*similarity[:, 0]))
