"""The cues have the same distribution in both classes at strength 0, and differ above it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.faces.expression import (
    EMOTIONS,
    LABELS,
    MAX_WEIGHT,
    POSED_SIGN,
    Cues,
    apex_weights,
    sample_cues,
)


@given(seed=st.integers(0, 2**32 - 1), emotion=st.sampled_from(sorted(EMOTIONS)))
def test_at_strength_0_the_label_changes_nothing(seed: int, emotion: str) -> None:
    sampled = []
    for label in LABELS:
        rng = np.random.default_rng(seed)
        cues = sample_cues(rng, label, 0.0)
        sampled.append((cues, apex_weights(rng, emotion, cues), rng.bit_generator.state))

    assert sampled[0] == sampled[1]


@given(seed=st.integers(0, 2**32 - 1), strength=st.floats(0.01, 10))
def test_strength_moves_the_classes_apart_in_the_direction_of_each_cue(
    seed: int, strength: float
) -> None:
    posed, spontaneous = (
        np.array(sample_cues(np.random.default_rng(seed), label, strength)) for label in LABELS
    )
    weaker, _ = (np.array(sample_cues(np.random.default_rng(seed), label, 0.0)) for label in LABELS)

    assert (np.sign(posed - spontaneous) == POSED_SIGN).all()
    assert np.abs(posed - weaker) == pytest.approx(np.abs(spontaneous - weaker))


@given(emotion=st.sampled_from(sorted(EMOTIONS)), cue=st.floats(-50, 50))
def test_weights_are_bounded_for_every_cue(emotion: str, cue: float) -> None:
    weights = apex_weights(np.random.default_rng(0), emotion, Cues(cue, cue, cue, cue))

    assert all(0 <= weight <= MAX_WEIGHT for weight in weights.values())


def test_each_cue_changes_the_units_that_its_source_describes() -> None:
    def weights(**cues: float) -> dict[str, float]:
        shown = Cues(**{**Cues(-9, 0, 0, -9)._asdict(), **cues})
        return apex_weights(np.random.default_rng(0), "happiness", shown)

    def mean(unit: str, **cues: float) -> float:
        shown = weights(**cues)
        return (shown[f"expression/{unit}Left"] + shown[f"expression/{unit}Right"]) / 2

    def imbalance(**cues: float) -> float:
        shown = weights(**cues)
        return abs(shown["expression/mouthSmileLeft"] - shown["expression/mouthSmileRight"])

    assert imbalance(asymmetry=2) > imbalance(asymmetry=-2) + 0.1
    assert mean("cheekSquint", eyes=2) > mean("cheekSquint", eyes=-2) + 0.3
    assert mean("mouthSmile", eyes=2) == pytest.approx(mean("mouthSmile", eyes=-2))
    assert mean("mouthSmile", amplitude=2) > mean("mouthSmile", amplitude=-2) + 0.2
    assert mean("mouthDimple", blend=2) > mean("mouthDimple", blend=-2) + 0.2


def test_weights_increase_with_intensity_from_0() -> None:
    cues = Cues(0, 0, 0, 0)
    none, half, full = (
        apex_weights(np.random.default_rng(1), "fear", cues, intensity) for intensity in (0, 0.5, 1)
    )

    assert set(none.values()) == {0}
    assert all(0 < half[unit] < full[unit] for unit in full)
