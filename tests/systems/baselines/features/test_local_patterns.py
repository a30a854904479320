"""CLBP-TOP against a volume worked by hand and against scikit-image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import local_binary_pattern

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features import clbp_top
from posed_spontaneous.systems.baselines.features.local_patterns import (
    PLANES,
    centre,
    sign_and_magnitude,
)


def clip(frames: int, height: int = 44, width: int = 44, seed: int = 0) -> np.ndarray:
    shape = (frames, height, width)
    return np.random.default_rng(seed).integers(0, 200, shape).astype(np.uint8)


@pytest.fixture
def volume() -> np.ndarray:
    """One pixel of 10: right 12, left 5, above 10, below 30, before 9, after 10."""
    values = np.zeros((3, 3, 3), np.float32)
    values[1, 1] = [5, 10, 12]
    values[1, 0, 1], values[1, 2, 1] = 10, 30
    values[0, 1, 1], values[2, 1, 1] = 9, 10
    return values


@pytest.mark.parametrize(
    ("plane", "sign", "magnitude"),
    [
        # right +2, above 0, left -5, below +20; the mean difference is 6.75
        ("XY", 0b1011, 0b1000),
        # right +2, before -1, left -5, after 0; the mean is 2
        ("XT", 0b1001, 0b0101),
        # below +20, before -1, above 0, after 0; the mean is 5.25
        ("YT", 0b1101, 0b0001),
    ],
)
def test_codes_by_hand(volume: np.ndarray, plane: str, sign: int, magnitude: int) -> None:
    codes = sign_and_magnitude(volume, PLANES[plane], 4, (1, 1, 1))
    assert [code.item() for code in codes] == [sign, magnitude]


def test_centre_by_hand(volume: np.ndarray) -> None:
    assert centre(volume, (1, 1, 1)).item() == 1
    assert centre(-volume, (1, 1, 1)).item() == 0


@pytest.mark.parametrize(("points", "radius"), [(8, 1), (8, 2), (5, 1)])
def test_signs_equal_those_of_scikit_image(points: int, radius: int) -> None:
    values = np.random.default_rng(0).integers(0, 9999, (7, 9, 8))
    inside = slice(radius, -radius)
    slices = {"XY": (0, 1, 2), "XT": (1, 0, 2), "YT": (2, 0, 1)}
    for plane, order in slices.items():
        sign, _ = sign_and_magnitude(
            values.astype(np.float32), PLANES[plane], points, (radius,) * 3
        )
        for image, codes in zip(
            values.transpose(order)[inside], sign.transpose(order), strict=True
        ):
            expected = local_binary_pattern(image, points, radius)
            np.testing.assert_array_equal(codes, expected[inside, inside])


@pytest.mark.parametrize(("mapping", "method"), [("rotation", "uniform"), ("all", "default")])
def test_labels_equal_those_of_scikit_image(mapping: str, method: str) -> None:
    values = np.random.default_rng(0).integers(0, 9999, (3, 12, 12))
    expected = local_binary_pattern(values[1], 8, 1, method)[1:-1, 1:-1]
    kinds = {"rotation": 10, "all": 256}[mapping]
    row = clbp_top([values], frames=3, mapping=mapping, grid=(1, 1))[0]
    counted = np.bincount(expected.astype(int).ravel(), minlength=kinds)
    np.testing.assert_allclose(row[:kinds] * 100, counted, atol=1e-4)


@pytest.mark.parametrize(("mapping", "labels"), [("all", 256), ("uniform", 59), ("rotation", 10)])
def test_each_histogram_sums_to_one(mapping: str, labels: int) -> None:
    rows = clbp_top([clip(4, 64, 48), clip(12, 64, 48)], mapping=mapping, grid=(3, 2))
    assert rows.shape == (2, 6 * (6 * labels + 2))
    assert rows.dtype == np.float32
    patterns, centres = np.split(rows, [36 * labels], axis=1)
    np.testing.assert_allclose(patterns.reshape(-1, labels).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(centres.reshape(-1, 2).sum(axis=1), 1, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(shift=st.integers(1, 55), frames=st.integers(2, 12))
def test_brightness_changes_no_code(shift: int, frames: int) -> None:
    dark = clip(frames, 12, 14)
    rows = [clbp_top([values], grid=(2, 2)) for values in (dark, dark + np.uint8(shift))]
    # Interpolated frames round otherwise, which may turn a tie.
    np.testing.assert_allclose(*rows, atol=0.01)


def test_brightness_changes_no_code_at_all_without_interpolation() -> None:
    dark = clip(10, 12, 14)
    rows = [clbp_top([values], grid=(2, 2)) for values in (dark, dark + np.uint8(50))]
    np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("frames", [1, 2, 10])
def test_still_clips_set_every_bit(frames: int) -> None:
    row = clbp_top([np.full((frames, 44, 44), 77, np.uint8)], mapping="all", grid=(1, 1))[0]
    assert np.flatnonzero(row).tolist() == [255, 511, 767, 1023, 1279, 1535, 1537]


def test_blocks_hold_their_own_part_of_the_face() -> None:
    before, after = clip(10), clip(10)
    after[:, 30:] = clip(10, seed=1)[:, 30:]
    histograms = [
        clbp_top([values], mapping="rotation")[0][:160].reshape(4, 4, 10)
        for values in (before, after)
    ]
    same = (histograms[0] == histograms[1]).all(axis=2)
    assert same[:2].all()
    assert not same[3].any()


@pytest.mark.parametrize(
    "faulty",
    [
        {"points": 1},
        {"points": 17},
        {"radii": (0, 1, 1)},
        {"radii": (1, 1, 5)},
        {"grid": (0, 4)},
        {"grid": (4, 43)},
        {"frames": 2},
        {"mapping": "other"},
    ],
)
def test_what_does_not_fit_is_refused(faulty) -> None:
    with pytest.raises(InputError, match="clbp_top"):
        clbp_top([clip(3)], **faulty)
