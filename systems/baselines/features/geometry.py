"""Displacements of facial landmarks, and distances that action units change."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features.landmarks import (
    LEFT_EYE_CORNERS,
    RIGHT_EYE_CORNERS,
    ComplexPoints,
    Points,
    check_paired,
    eye_centres,
    to_complex,
)
from posed_spontaneous.systems.baselines.features.pixels import Rows

Measure = NDArray[np.float64]

STABLE_POINTS = (*LEFT_EYE_CORNERS, *RIGHT_EYE_CORNERS, 27, 28, 29, 30)
"""Eye corners and the bridge of the nose, which action units hardly move."""


def _height(face: ComplexPoints, *points: int) -> Measure:
    above: Measure = -face[:, points].imag.mean(axis=1)
    return above


def _distance(face: ComplexPoints, a: int, b: int) -> Measure:
    return np.abs(face[:, a] - face[:, b])


def _mouth_angle(face: ComplexPoints) -> Measure:
    """Between the lip corners, seen from the middle of the upper lip and by way of below."""
    right, left = face[:, 54] - face[:, 51], face[:, 48] - face[:, 51]
    return np.angle(left * right.conj()) % (2 * np.pi)


ACTION_UNIT_FEATURES: dict[str, Callable[[ComplexPoints], Measure]] = {
    "inner_brow_left": lambda face: _height(face, 20, 21),
    "inner_brow_right": lambda face: _height(face, 22, 23),
    "outer_brow_left": lambda face: _height(face, 17, 18),
    "outer_brow_right": lambda face: _height(face, 25, 26),
    "brow_gap": lambda face: _distance(face, 21, 22),
    "eye_opening_left": lambda face: _height(face, 37, 38) - _height(face, 40, 41),
    "eye_opening_right": lambda face: _height(face, 43, 44) - _height(face, 46, 47),
    # The cheek pushes the lower lid up in a genuine smile.
    "lower_lid_left": lambda face: _height(face, 40, 41) - _height(face, *LEFT_EYE_CORNERS),
    "lower_lid_right": lambda face: _height(face, 46, 47) - _height(face, *RIGHT_EYE_CORNERS),
    "nose_width": lambda face: _distance(face, 31, 35),
    "nose_to_lip": lambda face: _distance(face, 33, 51),
    "lip_corner_left": lambda face: _height(face, 48),
    "lip_corner_right": lambda face: _height(face, 54),
    "mouth_width": lambda face: _distance(face, 48, 54),
    "mouth_opening": lambda face: _height(face, 61, 62, 63) - _height(face, 65, 66, 67),
    "upper_lip": lambda face: _distance(face, 51, 62),
    "lower_lip": lambda face: _distance(face, 57, 66),
    # A smile widens it.
    "mouth_angle": _mouth_angle,
    "jaw_drop": lambda face: _distance(face, 33, 8),
}
"""Columns of ``action_unit_variations``: measures ``(N,)`` of aligned faces ``(N, 68)``."""


def landmark_displacements(onset_points: Points, apex_points: Points) -> Rows:
    """Displacement of each landmark between onset and apex.

    Wu and Wang 2016. Stated: displacements of facial feature points between apex and onset images.
    Not stated: which points, and how head motion is removed. Chosen: all 68 points of iBUG,
    relative to the eyes of the onset; the apex is aligned to the onset by a similarity
    (translation, scale, rotation) fitted to the eye corners and the bridge of the nose. Expressions
    hardly move these points, so the fit keeps the expression, and eight points reduce the noise of
    a detector.

    Args:
        onset_points: Facial points of the onset in pixels, ``(N, 68, 2)``.
        apex_points: Facial points of the apex in pixels, ``(N, 68, 2)``.

    Returns:
        Rows ``(N, 136)``: x and y of each point, right and down, in inter-ocular distances of the
        onset, about -1 to 1.

    Raises:
        InputError: If the points are not those of as many faces.
    """
    onset, apex = _align(onset_points, apex_points)
    moved = apex - onset
    return np.stack([moved.real, moved.imag], axis=2).reshape(len(moved), 136).astype(np.float32)


def grouped_displacements(
    onset_points: Points, apex_points: Points, rows: pd.DataFrame, group: str
) -> Rows:
    """Displacements of facial points, and the group that each sample belongs to.

    Wang, Wu and Ji 2016, whose groups are genders or expressions.

    Args:
        onset_points: Facial points of the onset in pixels, ``(N, 68, 2)``.
        apex_points: Facial points of the apex in pixels, ``(N, 68, 2)``.
        rows: The manifest's rows.
        group: A column of them.

    Returns:
        Rows ``(N, 137)``: those of ``landmark_displacements`` and the group's code.

    Raises:
        InputError: If there is no such column, or the points are not those of as many faces.
    """
    if group not in rows:
        raise InputError(
            f"baseline.features.group: got {group}, expected a column of the manifest: "
            f"{', '.join(map(str, rows.columns))}"
        )
    codes = pd.factorize(rows[group].astype(object).fillna("").astype(str), sort=True)[0]
    moved = landmark_displacements(onset_points, apex_points)
    return np.column_stack([moved, codes.astype(np.float32)])


def action_unit_variations(onset_points: Points, apex_points: Points) -> Rows:
    """How far 19 distances that action units change differ between onset and apex.

    Wang et al. 2015. Stated: 19 geometric features of action unit variations, apex less onset. Left
    open here: which 19; the paper's own list is not verified. Chosen: ``ACTION_UNIT_FEATURES``,
    left and right apart where a face has both, since posed expressions are less symmetric. Faces
    are aligned as in ``landmark_displacements``.

    Args:
        onset_points: Facial points of the onset in pixels, ``(N, 68, 2)``.
        apex_points: Facial points of the apex in pixels, ``(N, 68, 2)``.

    Returns:
        Rows ``(N, 19)``, about -1 to 1: changes in inter-ocular distances, of ``mouth_angle`` in
        radians. Positive is up, open, wide or thick.

    Raises:
        InputError: If the points are not those of as many faces.
    """
    onset, apex = _align(onset_points, apex_points)
    changes = [measure(apex) - measure(onset) for measure in ACTION_UNIT_FEATURES.values()]
    return np.column_stack(changes).astype(np.float32)


def _align(onset_points: Points, apex_points: Points) -> tuple[ComplexPoints, ComplexPoints]:
    """Both faces where the onset's eyes lie at -1/2 and 1/2."""
    check_paired(onset_points, apex_points)
    onset = to_complex(onset_points, "onset points")
    apex = to_complex(apex_points, "apex points")
    left, right = eye_centres(onset)
    onset = (onset - (left + right)[:, None] / 2) / (right - left)[:, None]
    return onset, _fit_similarity(apex, onset)


def _fit_similarity(faces: ComplexPoints, targets: ComplexPoints) -> ComplexPoints:
    """Faces under the similarities that bring their steady points nearest to the targets'."""
    middle = faces[:, STABLE_POINTS].mean(axis=1, keepdims=True)
    target_middle = targets[:, STABLE_POINTS].mean(axis=1, keepdims=True)
    steady, target = faces[:, STABLE_POINTS] - middle, targets[:, STABLE_POINTS] - target_middle
    turn = (steady.conj() * target).sum(axis=1) / (np.abs(steady) ** 2).sum(axis=1)
    laid: ComplexPoints = turn[:, None] * (faces - middle) + target_middle
    return laid
