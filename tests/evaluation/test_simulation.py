"""Simulated studies have the effects that they are given, and the power of known formulas."""

import numpy as np
import pytest
from scipy.stats import nct, t

from posed_spontaneous.evaluation.simulation import Variances, find_power, simulate_studies
from posed_spontaneous.runtime.errors import InputError

CHANCE = Variances(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("tests", [1, 10])
def test_the_power_without_any_effects_is_that_of_a_t_test(tests: int) -> None:
    errors, folds, sizes = (0.3, 0.24), 8, {"subjects": 40, "pairs": 10, "seeds": 2}
    found = find_power(CHANCE, errors, folds=folds, tests=tests, studies=1500, **sizes)
    predictions = np.prod(list(sizes.values()))
    error = np.sqrt(sum(p * (1 - p) for p in errors) / predictions)
    critical = t.ppf(1 - 0.025 / tests, folds - 1)
    expected = nct.sf(critical, folds - 1, (errors[0] - errors[1]) / error)
    assert found.found == pytest.approx(expected, abs=0.04)
    assert found.detectable == pytest.approx((critical + t.ppf(0.8, folds - 1)) * error, rel=0.1)


def test_more_subjects_or_seeds_find_more() -> None:
    effects = Variances(0, 0.1, 0.2, 0.1, 0.05, 0.5)
    few, subjects, seeds = (
        find_power(effects, (0.25, 0.12), subjects=n, pairs=6, folds=10, seeds=s, studies=400).found
        for n, s in ((20, 1), (80, 1), (20, 5))
    )
    assert few + 0.1 < min(subjects, seeds)


def test_a_fixed_test_set_is_tested_over_subjects() -> None:
    sizes = {"subjects": 30, "pairs": 8, "folds": 1, "seeds": 1}
    found = find_power(CHANCE, (0.4, 0.1), studies=20, **sizes)
    assert found.found == 1
    assert np.isnan(found.detectable)


def test_the_errors_are_the_expected_ones_whatever_the_effects() -> None:
    outcomes = simulate_studies(
        Variances(0.1, 0.2, 0.2, 0.1, 0.1, 0.5), (0.3, 0.05),
        studies=200, subjects=60, pairs=4, folds=20, seeds=2, generator=np.random.default_rng(0),
    )  # fmt: skip
    errors = outcomes.wrong.mean(axis=1).reshape(200, 2, 2).mean(axis=(0, 2))
    assert errors == pytest.approx([0.3, 0.05], abs=0.01)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.3, 0, 0, 0), (0, 0, 0, 0, 0, 1.1), (-0.1,) * 6])
def test_impossible_shares_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="expected shares of 0 to 1"):
        Variances(*shares)
