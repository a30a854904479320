"""dlib's face detector and facial points."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.detectors.detector import Face, at_two_sizes, to_source
from posed_spontaneous.databases.preparation.images import Pixels
from posed_spontaneous.runtime.errors import InputError

EYES: Mapping[int, tuple[slice, slice]] = {
    5: (slice(2, 4), slice(0, 2)),
    68: (slice(36, 42), slice(42, 48)),
}
"""Points of the eye on the left of the image and on its right, by the model's number of points."""
EYE_LIFT = 0.022
"""Distance of an eye's centre above the mean of its points, in inter-ocular distances.

The corners of the eyes are below the pupils. Measured on 60 rendered faces: 0.022 with 5 points,
0.019 with 68 points; 0.001 and 0.006 outwards, and rotations below 0.2 degrees.
"""


class DlibDetector:
    """Detects faces by gradient histograms (King 2015) and points by regression trees.

    The trees are those of Kazemi and Sullivan 2014. The 5 points are the corners of the eyes and
    the base of the nose, the 68 points are those of iBUG. Faces smaller than 80 pixels in the
    searched image are missed, so an image without a detected face is searched again at twice the
    size.

    Args:
        name: Its name in the manifest.
        model: File of the points' model in the package ``face_recognition_models``.
        points: Number of points of the model, 5 or 68.
        longest_side: Longest side of the searched image in pixels. Points are fitted on the
            original image.
        threshold: Minimum confidence of a face; dlib's default is 0.

    Raises:
        InputError: If a package or the model's file is missing.
    """

    def __init__(
        self, *, name: str, model: str, points: int, longest_side: int, threshold: float
    ) -> None:
        self.name = name
        self.points = points
        self._longest_side = longest_side
        self._threshold = threshold
        path = _models() / model
        if points not in EYES or not path.is_file():
            raise InputError(
                f"detector {name}: {path} with {points} points is unknown, expected the model of 5 "
                f"or 68 points: choose detector=dlib5 or dlib68"
            )
        self._dlib = _dlib()
        self._search = self._dlib.get_frontal_face_detector()
        self._fit = self._dlib.shape_predictor(str(path))

    def __call__(self, image: Pixels) -> list[Face]:
        image = np.ascontiguousarray(image)
        for resized, factors in at_two_sizes(image, self._longest_side):
            boxes, scores, _ = self._search.run(resized, 0, self._threshold)
            if boxes:
                corners = np.array(
                    [[(b.left(), b.top()), (b.right(), b.bottom())] for b in boxes], float
                )
                sources = to_source(corners, factors).reshape(-1, 4)
                return [
                    self._face(image, box, score)
                    for box, score in zip(sources, scores, strict=True)
                ]
        return []

    def _face(self, image: Pixels, box: NDArray[np.float64], score: float) -> Face:
        left, top, right, bottom = np.round(box).astype(int).tolist()
        points = self._points(image, (left, top, right, bottom))
        # The models are slightly asymmetric, which would rotate every face.
        last = image.shape[1] - 1
        mirrored = self._points(
            np.ascontiguousarray(image[:, ::-1]), (last - right, top, last - left, bottom)
        )
        mirrored[:, 0] = last - mirrored[:, 0]
        sides = EYES[self.points]
        eyes = (_middles(points, sides) + _middles(mirrored, sides[::-1])) / 2
        x, y = eyes[1] - eyes[0]
        return Face(box, score, eyes + EYE_LIFT * np.array([y, -x]), points)

    def _points(self, image: Pixels, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
        shape = self._fit(image, self._dlib.rectangle(*box))
        return np.array([(point.x, point.y) for point in shape.parts()], float)


def _middles(points: NDArray[np.float64], parts: Sequence[slice]) -> NDArray[np.float64]:
    return np.stack([points[part].mean(axis=0) for part in parts])


def _dlib() -> Any:
    try:
        return import_module("dlib")
    except ImportError as error:
        raise InputError(
            f"detector: the package dlib cannot be imported ({error}): pip install '.[prepare]'"
        ) from None


def _models() -> Path:
    """The folder of models; the package itself cannot be imported with recent setuptools."""
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            "detector: the package face_recognition_models is not installed: pip install "
            "'.[prepare]'"
        )
    return Path(spec.submodule_search_locations[0]) / "models"
