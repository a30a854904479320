"""SIFT at facial points, and distances between them."""

import cv2
import numpy as np
import pytest

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features import (
    FACIAL_DISTANCES,
    facial_distance_changes,
    facial_distances,
    sift_and_distances,
    sift_descriptors,
)

from ....systems.baselines.features.face_points import EYE_DISTANCE, NEUTRAL, faces, move


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth random image."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), min(height, width) / 15)
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(44, 44), (64, 48)])
def test_descriptors_have_length_one(height: int, width: int) -> None:
    images = np.stack([texture(height, width, seed) for seed in range(3)])
    rows = sift_descriptors(images, faces(3))
    assert rows.shape == (3, 51 * 128)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows.reshape(-1, 128), axis=1), 1, atol=1e-4)


def test_constant_images_give_zeros() -> None:
    assert not sift_descriptors(np.full((1, 44, 44), 90, np.uint8), faces(1)).any()


def test_points_outside_the_image_are_no_trouble() -> None:
    rows = sift_descriptors(texture(44, 44)[None], faces(1) + 60)
    assert rows.shape == (1, 51 * 128)
    assert np.isfinite(rows).all()


def test_brightness_and_contrast_leave_descriptors() -> None:
    image = texture(44, 44)[None]
    darker = (image // 2 + 20).astype(np.uint8)
    cosine = similarity(sift_descriptors(image, faces(1)), sift_descriptors(darker, faces(1)))
    assert cosine.min() > 0.98


@pytest.mark.parametrize(
    "how",
    [
        {"scale": 1, "degrees": 25, "shift": (30, -15)},
        {"scale": 2, "degrees": 0, "shift": (0.5, 0.5)},
        {"scale": 0.6, "degrees": -20, "shift": (10, 20)},
    ],
)
def test_descriptors_follow_the_face(how) -> None:
    image = texture(132, 132)
    points = NEUTRAL[None] * 3
    corners = np.array([[0, 0], [100, 0], [0, 100]], np.float32)
    warp = cv2.getAffineTransform(corners, move(corners, **how))
    warped = cv2.warpAffine(image, warp, (280, 280), flags=cv2.INTER_AREA)
    inner = tuple(range(27, 48))
    cosine = similarity(
        sift_descriptors(image[None], points, points=inner),
        sift_descriptors(warped[None], move(points, **how), points=inner),
    )
    assert np.median(cosine) > 0.97


def test_a_patch_does_not_see_what_is_beyond_it() -> None:
    image = texture(44, 44)
    other = image.copy()
    other[28:] = 255 - other[28:]
    eye, mouth = 37, 57
    for point, same in ((eye, True), (mouth, False)):
        rows = [sift_descriptors(i[None], NEUTRAL[None], points=(point,)) for i in (image, other)]
        assert np.array_equal(*rows) == same


def test_distances_by_hand() -> None:
    row = dict(zip(FACIAL_DISTANCES, facial_distances(NEUTRAL[None])[0], strict=True))
    assert row["mouth_width"] == pytest.approx(12 / EYE_DISTANCE)
    assert row["brow_gap"] == pytest.approx(8 / EYE_DISTANCE)
    assert row["nose_to_chin"] == pytest.approx(15 / EYE_DISTANCE)
    assert row["eye_opening_left"] == pytest.approx(1.5 * 3**0.5 / EYE_DISTANCE, rel=1e-5)


def test_distances_do_not_depend_on_where_a_face_is() -> None:
    moved = move(faces(4), scale=2.5, degrees=30, shift=(9, 70))
    np.testing.assert_allclose(facial_distances(moved), facial_distances(faces(4)), atol=1e-5)


def test_changes_are_apex_less_onset() -> None:
    apex = NEUTRAL[None].copy()
    apex[0, 54, 0] += 3
    row = dict(zip(FACIAL_DISTANCES, facial_distance_changes(NEUTRAL[None], apex)[0], strict=True))
    assert row["mouth_width"] == pytest.approx(3 / EYE_DISTANCE)
    assert row["nose_to_chin"] == 0


def test_both_stand_side_by_side() -> None:
    images, points = texture(44, 44)[None], faces(1)
    rows = sift_and_distances(images, points)
    np.testing.assert_array_equal(rows[:, :-19], sift_descriptors(images, points))
    np.testing.assert_array_equal(rows[:, -19:], facial_distances(points))


def test_what_does_not_fit_is_refused() -> None:
    images = texture(44, 44)[None]
    with pytest.raises(InputError, match="apex images and points"):
        sift_descriptors(images, faces(2))
    with pytest.raises(InputError, match="0 points and a patch of"):
        sift_descriptors(images, faces(1), points=())
    with pytest.raises(InputError, match="of 2 and 1 faces"):
        facial_distance_changes(faces(2), faces(1))


def similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine of each point's descriptors."""
    return (first.reshape(-1, 128) * second.reshape(-1, 128)).sum(axis=1)
