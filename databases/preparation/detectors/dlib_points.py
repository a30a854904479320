"""dlib's frontal face detector, and its regression trees for facial points."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.preparation.detectors.detector import Face, at_sides, to_source
from posed_spontaneous.databases.preparation.pictures import Picture
from posed_spontaneous.runtime.errors import InputError

EYES: Mapping[int, tuple[slice, slice]] = {
    5: (slice(2, 4), slice(0, 2)),
    68: (slice(36, 42), slice(42, 48)),
}
"""By the number of a model's points, those of the eye on the image's left and on its right."""
EYE_LIFT = 0.022
"""How far above the mean of an eye's points its centre lies, in inter-ocular distances.

The corners of the eyes lie below the pupils. Measured on 60 rendered faces: 0.022 with 5 points,
0.019 with 68; sideways 0.001 and 0.006 outwards, and no turn beyond 0.2 degrees.
"""


class DlibDetector:
    """Gradient histograms under a sliding window (King 2015), then regression trees for points.

    Kazemi and Sullivan 2014 describe the trees. The 5 points are the corners of the eyes and the
    base of the nose, the 68 are those of iBUG. Faces under 80 pixels on the searched picture are
    missed, so it is searched once more at twice the size where none is found.

    Args:
        name: What the manifest calls it.
        model: File of the points' model in the package ``face_recognition_models``.
        points: How many points that model has, 5 or 68.
        longest_side: Pixels of the longest side of the picture that is searched; points are
            fitted on the picture as it is.
        threshold: Least confidence of a face; 0 is dlib's own.

    Raises:
        InputError: If the packages or the model's file are missing.
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
                f"detector {name}: {path} with {points} points is not known, expected the model of "
                f"5 or 68 points: choose detector=dlib5 or dlib68"
            )
        self._dlib = _dlib()
        self._search = self._dlib.get_frontal_face_detector()
        self._fit = self._dlib.shape_predictor(str(path))

    def __call__(self, image: Picture) -> list[Face]:
        image = np.ascontiguousarray(image)
        for resized, growth in at_sides(image, self._longest_side):
            boxes, scores, _ = self._search.run(resized, 0, self._threshold)
            if boxes:
                corners = np.array(
                    [[(b.left(), b.top()), (b.right(), b.bottom())] for b in boxes], float
                )
                places = to_source(corners, growth).reshape(-1, 4)
                return [
                    self._face(image, box, score) for box, score in zip(places, scores, strict=True)
                ]
        return []

    def _face(self, image: Picture, box: NDArray[np.float64], score: float) -> Face:
        left, top, right, bottom = np.round(box).astype(int).tolist()
        points = self._points(image, (left, top, right, bottom))
        # The models are not quite symmetric, and what they add to one side turns every face.
        last = image.shape[1] - 1
        mirrored = self._points(
            np.ascontiguousarray(image[:, ::-1]), (last - right, top, last - left, bottom)
        )
        mirrored[:, 0] = last - mirrored[:, 0]
        sides = EYES[self.points]
        eyes = (_middles(points, sides) + _middles(mirrored, sides[::-1])) / 2
        x, y = eyes[1] - eyes[0]
        return Face(box, score, eyes + EYE_LIFT * np.array([y, -x]), points)

    def _points(self, image: Picture, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
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
    """The folder of models; the package itself cannot be imported beside new setuptools."""
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            "detector: the package face_recognition_models is not installed: pip install "
            "'.[prepare]'"
        )
    return Path(spec.submodule_search_locations[0]) / "models"
