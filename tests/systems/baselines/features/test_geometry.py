"""Displacements and action units of a face drawn by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features import (
    ACTION_UNIT_FEATURES,
    action_unit_variations,
    landmark_displacements,
)
from posed_spontaneous.systems.baselines.features.geometry import STABLE_POINTS

from ....systems.baselines.features.face_points import EYE_DISTANCE, NEUTRAL, faces, move

similarity = st.fixed_dictionaries(
    {
        "scale": st.floats(0.3, 4),
        "degrees": st.floats(-60, 60),
        "shift": st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    }
)


def expressive(points: np.ndarray, seed: int = 1) -> np.ndarray:
    """Points of which all but the steady ones have moved by a pixel or so."""
    moved = np.random.default_rng(seed).normal(size=points.shape).astype(np.float32)
    moved[:, STABLE_POINTS] = 0
    return points + moved


@settings(max_examples=30, deadline=None)
@given(onset=similarity, apex=similarity)
@pytest.mark.parametrize("extract", [landmark_displacements, action_unit_variations])
def test_the_head_may_move_even_between_the_frames(extract, onset, apex) -> None:
    before, after = faces(3), expressive(faces(3))
    rows = extract(before, after)
    np.testing.assert_allclose(extract(move(before, **onset), move(after, **apex)), rows, atol=2e-4)


def test_displacements_keep_the_expression_whole() -> None:
    onset = faces(3)
    apex = expressive(onset)
    turned = landmark_displacements(onset, apex).reshape(3, 68, 2)
    # The onset's eyes are hardly tilted, so lengths tell, and they are kept to the rounding.
    eyes = onset[:, [42, 45]].mean(1) - onset[:, [36, 39]].mean(1)
    unit = np.linalg.norm(eyes, axis=1)[:, None]
    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=2), np.linalg.norm(apex - onset, axis=2) / unit, atol=1e-6
    )


def test_one_point_by_hand() -> None:
    apex = NEUTRAL[None].copy()
    apex[0, 48] += [-3, -1.5]
    row = landmark_displacements(NEUTRAL[None], apex)[0].reshape(68, 2)
    np.testing.assert_allclose(row[48], [-3 / EYE_DISTANCE, -1.5 / EYE_DISTANCE], atol=1e-6)
    assert np.abs(np.delete(row, 48, axis=0)).max() < 1e-6


@pytest.mark.parametrize(
    ("points", "by", "features"),
    [
        ([20, 21], (0, -2), {"inner_brow_left": 2, "brow_gap": None}),
        ([22, 23], (0, -2), {"inner_brow_right": 2, "brow_gap": None}),
        ([17, 18], (0, -1), {"outer_brow_left": 1}),
        ([25, 26], (0, 1), {"outer_brow_right": -1}),
        ([21], (1, 0), {"brow_gap": -1}),
        ([37, 38], (0, -1), {"eye_opening_left": 1}),
        ([43, 44], (0, 1), {"eye_opening_right": -1}),
        ([40, 41], (0, -1), {"eye_opening_left": -1, "lower_lid_left": 1}),
        ([46, 47], (0, -1), {"eye_opening_right": -1, "lower_lid_right": 1}),
        ([31], (-1, 0), {"nose_width": 1}),
        ([48, 54], (0, -1), {"lip_corner_left": 1, "lip_corner_right": 1, "mouth_angle": None}),
        ([48], (-2, 0), {"mouth_width": 2, "mouth_angle": None}),
        ([61, 63, 65, 67], (0, 2), {}),
        ([61, 62, 63], (0, -1), {"mouth_opening": 1, "upper_lip": -1}),
        ([57], (0, 1), {"lower_lip": 1}),
        ([8], (0, 5), {"jaw_drop": 5}),
    ],
)
def test_each_movement_shows_in_its_own_features(points, by, features) -> None:
    apex = NEUTRAL[None].copy()
    apex[0, points] += by
    row = action_unit_variations(NEUTRAL[None], apex)[0]
    changed = {
        name: value
        for name, value in zip(ACTION_UNIT_FEATURES, row, strict=True)
        if abs(value) > 1e-5
    }
    assert changed.keys() == features.keys()
    for name, pixels in features.items():
        if pixels is not None:
            assert changed[name] == pytest.approx(pixels / EYE_DISTANCE, abs=1e-5)


def test_a_smile_widens_the_angle_of_the_mouth_past_a_straight_line() -> None:
    smile = NEUTRAL[None].copy()
    smile[0, [48, 54], 1] = smile[0, 51, 1] - 1
    column = list(ACTION_UNIT_FEATURES).index("mouth_angle")
    angle = action_unit_variations(NEUTRAL[None], smile)[0, column]
    # Corners 6 pixels aside: 2.5 below the upper lip before, 1 above it after.
    assert angle == pytest.approx(2 * (np.arctan2(1, 6) + np.arctan2(2.5, 6)), abs=1e-5)


def test_there_are_19_features_of_different_names() -> None:
    rows = action_unit_variations(faces(4), faces(4, seed=1))
    assert rows.shape == (4, 19)
    assert rows.dtype == np.float32
    assert len(ACTION_UNIT_FEATURES) == 19


def test_collapsed_mouths_give_numbers() -> None:
    apex = faces(2)
    apex[:, 48:] = 20
    assert np.isfinite(action_unit_variations(faces(2), apex)).all()


@pytest.mark.parametrize(
    ("apex", "message"),
    [
        (faces(1), "of 2 and 1 faces"),
        (faces(2)[:, :5], "expected .N, 68, 2."),
        (np.full((2, 68, 2), 3, np.float32), "apex points, row 0: the eyes are 0 pixels apart"),
        (np.stack([NEUTRAL, NEUTRAL * np.nan]), "apex points, row 1"),
    ],
)
def test_other_points_are_refused(apex: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        landmark_displacements(faces(2), apex)
