"""Appearance around facial points, and distances between them.

Zhang et al. 2011. Stated: SIFT appearance features and FAP features of the apex image. Left open
here: the points, the patch, the distances and the scale. Chosen: see the functions.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features.landmarks import (
    Points,
    check_paired,
    eye_vector,
    to_complex,
)
from posed_spontaneous.systems.baselines.features.pixels import Images, Rows

INNER_POINTS = tuple(range(17, 68))
"""All points but the jaw's, which lie on the edge of a tight crop."""

EYE_DISTANCE = 48.0
"""Pixels between the eyes when SIFT reads a face.

SIFT smooths by 1.6 pixels first: of the 18 or so between the eyes of a 44x44 face little would be
left. So small faces are enlarged and large ones reduced, to one size in every database.
"""

BINS_ALONG_PATCH = 4
DESCRIPTOR = 128
PIXELS_A_BIN = 1.5
"""Side of one of SIFT's 4x4 bins, in sizes of a keypoint: OpenCV's constant."""

FACIAL_DISTANCES = {
    "eye_opening_left": ((37, 38), (40, 41)),
    "eye_opening_right": ((43, 44), (46, 47)),
    "inner_brow_left": ((21,), (39,)),
    "inner_brow_right": ((22,), (42,)),
    "middle_brow_left": ((19,), (36, 39)),
    "middle_brow_right": ((24,), (42, 45)),
    "outer_brow_left": ((17,), (36,)),
    "outer_brow_right": ((26,), (45,)),
    "brow_gap": ((21,), (22,)),
    "nose_width": ((31,), (35,)),
    "nose_to_upper_lip": ((33,), (51,)),
    "nose_to_lower_lip": ((33,), (57,)),
    "nose_to_chin": ((33,), (8,)),
    "mouth_width": ((48,), (54,)),
    "mouth_opening": ((62,), (66,)),
    "lip_corner_to_eye_left": ((48,), (36,)),
    "lip_corner_to_eye_right": ((54,), (45,)),
    "lip_corner_to_nose_left": ((48,), (33,)),
    "lip_corner_to_nose_right": ((54,), (33,)),
}
"""Columns of ``facial_distances``: from the middle of some points to that of others."""


def sift_and_distances(
    apex: Images,
    apex_points: Points,
    *,
    patch: float = 0.5,
    points: tuple[int, ...] = INNER_POINTS,
) -> Rows:
    """Both kinds of features side by side: all that the system of Zhang et al. 2011 sees.

    Args:
        apex: Apex images, ``(N, H, W)``, 0 to 255.
        apex_points: Their facial points in pixels, ``(N, 68, 2)``.
        patch: As in ``sift_descriptors``.
        points: As in ``sift_descriptors``.

    Returns:
        Rows ``(N, points * 128 + 19)``: descriptors, then distances; 6547 numbers by default.

    Raises:
        InputError: If images and points are not those of as many faces, or no points are asked
            for or no patch.
    """
    descriptors = sift_descriptors(apex, apex_points, patch=patch, points=points)
    return np.hstack([descriptors, facial_distances(apex_points)])


def sift_descriptors(
    apex: Images,
    apex_points: Points,
    *,
    patch: float = 0.5,
    points: tuple[int, ...] = INNER_POINTS,
) -> Rows:
    """SIFT descriptors of the apex image at facial points.

    Chosen: the 51 points inside the face; a square patch whose side follows the distance between
    the eyes and which turns with the line between them, so that size and tilt of a face
    do not matter; faces scaled to ``EYE_DISTANCE`` first; descriptors of length 1.

    Args:
        apex: Apex images, ``(N, H, W)``, 0 to 255.
        apex_points: Their facial points in pixels, ``(N, 68, 2)``.
        patch: Side of the patch in inter-ocular distances, above 0.
        points: Which of the 68 points.

    Returns:
        Rows ``(N, points * 128)``, 0 to 1; a patch without contrast gives 0.

    Raises:
        InputError: If images and points are not those of as many faces, or no points are asked
            for or no patch.
    """
    if apex.ndim != 3 or len(apex) != len(apex_points):
        raise InputError(
            f"apex images and points: their shapes are {apex.shape} and {apex_points.shape}, "
            "expected (N, height, width) and (N, 68, 2): give both for every sample"
        )
    if not points or patch <= 0:
        raise InputError(
            f"sift_descriptors: {len(points)} points and a patch of {patch:g}, expected both "
            "above 0: set points and patch"
        )
    plane = to_complex(apex_points, "apex points")
    sift = cv2.SIFT.create()
    rows = np.zeros((len(apex), len(points) * DESCRIPTOR), np.float32)
    for row, image, face, line in zip(rows, apex, plane, eye_vector(plane), strict=True):
        scale = EYE_DISTANCE / abs(line)
        size = patch * EYE_DISTANCE / (BINS_ALONG_PATCH * PIXELS_A_BIN)
        tilt = float(np.degrees(np.angle(line))) % 360
        # A pixel's middle is a whole number before and after.
        places = (face[list(points)] + 0.5 + 0.5j) * scale - (0.5 + 0.5j)
        keypoints = [cv2.KeyPoint(z.real, z.imag, size, tilt) for z in places]
        row[:] = _unit_rows(sift.compute(_resize(image, scale), keypoints)[1]).ravel()
    return rows


def facial_distances(apex_points: Points) -> Rows:
    """Distances between facial points that facial animation parameters (FAP) use.

    Chosen: ``FACIAL_DISTANCES`` in units of the face's own distance between the eyes. FAP
    takes its units from the neutral face, which a system that reads the apex only does not have;
    for the corners of the eyes both are equal.

    Args:
        apex_points: Facial points in pixels, ``(N, 68, 2)``; in the paper those of the apex.

    Returns:
        Rows ``(N, 19)``, 0 to about 2.

    Raises:
        InputError: If the points are not those of faces.
    """
    plane = to_complex(apex_points, "facial points")
    ends = FACIAL_DISTANCES.values()
    starts, stops = (
        np.column_stack([plane[:, list(end[side])].mean(axis=1) for end in ends]) for side in (0, 1)
    )
    shares: Rows = (np.abs(stops - starts) / np.abs(eye_vector(plane))[:, None]).astype(np.float32)
    return shares


def facial_distance_changes(onset_points: Points, apex_points: Points) -> Rows:
    """Facial distances of the apex minus those of the onset.

    Not in the paper, which reads the apex only; it shows what the onset adds.

    Args:
        onset_points: Facial points of the onset in pixels, ``(N, 68, 2)``.
        apex_points: Facial points of the apex in pixels, ``(N, 68, 2)``.

    Returns:
        Rows ``(N, 19)``, about -1 to 1.

    Raises:
        InputError: If the points are not those of as many faces.
    """
    check_paired(onset_points, apex_points)
    return facial_distances(apex_points) - facial_distances(onset_points)


def _resize(image: Images, scale: float) -> Images:
    # Cubic keeps edges when it enlarges, but skips pixels when it reduces; area does not.
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def _unit_rows(descriptors: NDArray[Any]) -> NDArray[Any]:
    length = np.linalg.norm(descriptors, axis=1, keepdims=True)
    # Without contrast the length is 0 or rounding; with any it is about 512.
    unit: NDArray[Any] = descriptors / np.maximum(length, 1)
    return unit
