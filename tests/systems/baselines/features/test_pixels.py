"""Pixels by hand."""

import numpy as np
import pytest

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features import pixel_difference, pixel_pair

ONSET = np.array([[[0, 255], [100, 7]]], np.uint8)
APEX = np.array([[[255, 0], [100, 58]]], np.uint8)


def test_difference_is_apex_less_onset_over_the_gray_range() -> None:
    rows = pixel_difference(ONSET, APEX)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, [[1, -1, 0, 0.2]])


def test_pair_holds_the_onset_first() -> None:
    np.testing.assert_allclose(pixel_pair(ONSET, APEX) * 255, [[0, 255, 100, 7, 255, 0, 100, 58]])


def test_any_size_and_no_sample() -> None:
    images = np.zeros((0, 64, 48), np.uint8)
    assert pixel_difference(images, images).shape == (0, 64 * 48)


@pytest.mark.parametrize("apex", [APEX[:, :1], APEX[0], np.concatenate([APEX, APEX])])
def test_images_of_other_shapes_are_refused(apex: np.ndarray) -> None:
    with pytest.raises(InputError, match="their shapes are"):
        pixel_difference(ONSET, apex)
