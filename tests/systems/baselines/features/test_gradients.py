"""Gradients of pairs whose differences are ramps."""

import numpy as np
import pytest

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features import difference_gradients


def ramp(height: int, width: int, axis: int) -> np.ndarray:
    return np.indices((1, height, width))[axis].astype(np.uint8) * 2


@pytest.mark.parametrize(("height", "width"), [(44, 44), (64, 48), (13, 10)])
def test_rows_are_as_long_for_any_size(height: int, width: int) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (2, 3, height, width)).astype(np.uint8)
    features = difference_gradients(*rows)
    assert features.shape == (3, 4 * 4 * 4 * 9)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert 0 <= features.min() < features.max() <= 1


@pytest.mark.parametrize(("axis", "orientation"), [(1, 4), (2, 0)])
def test_a_ramp_has_one_orientation(axis: int, orientation: int) -> None:
    flat = np.full((1, 44, 44), 30, np.uint8)
    features = difference_gradients(flat, flat + ramp(44, 44, axis)).reshape(-1, 9)
    assert (features[:, orientation] > 0).all()
    assert (np.delete(features, orientation, axis=1) == 0).all()


def test_brightness_and_a_missing_change_leave_nothing() -> None:
    onset = ramp(44, 44, 1)
    assert not difference_gradients(onset, onset).any()
    assert not difference_gradients(onset, onset + np.uint8(9)).any()


@pytest.mark.parametrize("cells", [0, 1, 45])
def test_cells_that_do_not_fit_are_refused(cells: int) -> None:
    with pytest.raises(InputError, match="expected at least 2 cells"):
        difference_gradients(ramp(44, 44, 1), ramp(44, 44, 2), cells=cells)
