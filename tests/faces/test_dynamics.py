"""The rise of an expression never decreases, and depends on the class above strength 0."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from posed_spontaneous.faces.dynamics import Rise, sample_rise
from posed_spontaneous.faces.expression import LABELS

TIME = np.linspace(0, 1, 61)


def sample(label: str, strength: float, count: int = 400) -> list[Rise]:
    rng = np.random.default_rng(LABELS.index(label))
    return [sample_rise(rng, label, strength) for _ in range(count)]


def top_speed(rise: Rise) -> float:
    return float(np.diff(rise.intensity(TIME)).max() * (len(TIME) - 1))


def roughness(rise: Rise) -> float:
    """Number of times at which the speed stops increasing and starts to decrease."""
    return float((np.diff(np.sign(np.diff(rise.intensity(TIME), 2))) < 0).sum())


@given(seed=st.integers(0, 2**32 - 1))
def test_at_strength_0_the_label_changes_nothing(seed: int) -> None:
    sampled = []
    for label in LABELS:
        rng = np.random.default_rng(seed)
        sampled.append((sample_rise(rng, label, 0.0), rng.bit_generator.state))

    assert sampled[0] == sampled[1]


@given(speed=st.floats(-50, 50), jerk=st.floats(-50, 50), middle=st.floats(0.4, 0.6),
       phase=st.floats(0, 7))  # fmt: skip
def test_every_rise_increases_from_0_to_1(
    speed: float, jerk: float, middle: float, phase: float
) -> None:
    height = Rise(speed, jerk, middle, phase).intensity(TIME)

    assert height[[0, -1]] == pytest.approx([0, 1], abs=1e-9)
    assert (np.diff(height) > 0).all()


@pytest.mark.parametrize("measure", [top_speed, roughness])
def test_posed_expressions_grow_faster_and_less_smoothly_only_above_strength_0(
    measure: Callable[[Rise], float],
) -> None:
    posed, spontaneous = ([measure(rise) for rise in sample(label, 3.0)] for label in LABELS)
    assert np.mean(posed) > np.mean(spontaneous) + 0.8 * np.std(spontaneous)

    posed, spontaneous = ([measure(rise) for rise in sample(label, 0.0)] for label in LABELS)
    assert ks_2samp(posed, spontaneous).pvalue > 0.001
