"""Alignment by the eyes, compared with transforms computed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.databases.preparation.alignment import (
    EyeAlignment,
    crop,
    middle_square,
    overhang,
    transform,
)
from posed_spontaneous.runtime.errors import InputError

ALIGNMENT = EyeAlignment(eye_span=0.40, eye_line=0.385, frame="onset")


def test_level_eyes_are_scaled_and_shifted() -> None:
    # 100 pixels between the eyes become .4 * 50 = 20, so 5 pixels become 1. The middle of the
    # eyes, (200, 120), goes to half the width and .385 of it, both less half a pixel.
    found = ALIGNMENT.similarity(np.array([[150.0, 120.0], [250.0, 120.0]]), 50)
    np.testing.assert_allclose(found, [[0.2, 0, 24.5 - 40], [0, 0.2, 18.75 - 24]], atol=1e-12)


def test_a_head_rotated_by_90_degrees_becomes_upright() -> None:
    # The image-left eye is above the other: a quarter turn to the left brings them level.
    found = ALIGNMENT.similarity(np.array([[100.0, 50.0], [100.0, 70.0]]), 50)
    np.testing.assert_allclose(found[:, :2], [[0, 1], [-1, 0]], atol=1e-12)


coordinates = st.floats(-500, 500)


@given(coordinates, coordinates, st.floats(5, 500), st.floats(-3.1, 3.1), st.integers(16, 200))
def test_eyes_are_mapped_to_their_positions_without_distortion(
    x: float, y: float, span: float, angle: float, size: int
) -> None:
    left = np.array([x, y])
    right = left + span * np.array([np.cos(angle), np.sin(angle)])
    similarity = ALIGNMENT.similarity(np.stack([left, right]), size)
    placed = transform(similarity, np.stack([left, right]))
    expected = np.array([[0.3 * size, 0.385 * size], [0.7 * size, 0.385 * size]]) - 0.5
    np.testing.assert_allclose(placed, expected, atol=1e-6)
    matrix = similarity[:, :2]
    np.testing.assert_allclose(
        matrix @ matrix.T, np.eye(2) * (0.4 * size / span) ** 2, atol=1e-9 * size
    )
    assert np.linalg.det(matrix) > 0


def test_generated_faces_have_the_same_alignment() -> None:
    """The geometry of the embedded faces and of prepared ones is one."""
    from posed_spontaneous.faces.capture import EYE_LINE, EYE_SPAN

    assert (ALIGNMENT.eye_span, ALIGNMENT.eye_line) == (EYE_SPAN, EYE_LINE)


def test_shrinking_averages_all_pixels() -> None:
    """Single dots and fine stripes neither vanish nor alias."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (400, 400), dtype=np.uint8)
    similarity = middle_square(400, 400, 50)
    expected = image.reshape(50, 8, 50, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(crop(image, similarity, 50), expected, atol=0.51)
    stripes = np.tile(np.array([0, 255], np.uint8), (400, 200))
    assert abs(crop(stripes, middle_square(397, 397, 44), 44).astype(int) - 127).max() < 35


def test_a_crop_at_the_same_scale_copies_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    similarity = np.array([[1.0, 0, -10], [0, 1.0, -20]])
    np.testing.assert_array_equal(crop(image, similarity, 30), image[20:50, 10:40])


def test_beyond_the_border_the_border_is_repeated() -> None:
    image = np.full((20, 20), 90, np.uint8)
    assert (crop(image, np.array([[1.0, 0, 15], [0, 1.0, 0]]), 20) == 90).all()


@pytest.mark.parametrize(
    ("shift", "expected"), [((0, 0), 0.0), ((5, 0), 0.5), ((-50, 0), 0.0), ((0, -92), 0.2)]
)
def test_overhang_is_a_fraction_of_the_crop(shift: tuple[int, int], expected: float) -> None:
    # A crop of 10 pixels at the scale of an image of 100 pixels, its corner at minus the shift.
    similarity = np.array([[1.0, 0, shift[0]], [0, 1.0, shift[1]]])
    assert overhang(similarity, 10, 100, 100) == pytest.approx(expected)


def test_the_overhang_is_measured_in_pixels_of_the_crop() -> None:
    # Half the scale: the crop of 10 covers 20, of which 4 lie outside.
    similarity = np.array([[0.5, 0, 0.5 * 4.5 - 0.5], [0, 0.5, -20.25]])
    assert overhang(similarity, 10, 100, 100) == pytest.approx(0.2)


@pytest.mark.parametrize("choice", [{"frame": "apex"}, {"eye_span": 0.0}, {"eye_line": 1.5}])
def test_an_invalid_option_is_refused(choice: dict[str, object]) -> None:
    with pytest.raises(InputError, match="alignment: "):
        EyeAlignment(**{"eye_span": 0.4, "eye_line": 0.4, "frame": "own", **choice})
