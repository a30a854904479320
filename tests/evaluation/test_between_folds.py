"""Uncertainty between folds equals textbook formulas, and has its nominal rates."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t, ttest_1samp

from posed_spontaneous.evaluation import all_pairs, compare, estimate
from posed_spontaneous.evaluation.between_folds import (
    bounded_interval,
    detectable,
    p_values,
    spread,
)

from .random_predictions import Effects, simulate_methods

NONE = Effects()
USUAL = Effects(subject=0.5, training=0.3, chance=0.2)
TRAININGS = Effects(subject=0.3, training=0.6, chance=0.3)
FOLDS = Effects(subject=0.3, fold=0.6, training=0.3, chance=0.2)
EVERY = {"none": NONE, "usual": USUAL, "trainings": TRAININGS, "folds": FOLDS}


def test_equal_folds_give_the_t_test_of_their_differences() -> None:
    outcomes = simulate_methods(
        np.random.default_rng(0), USUAL, experiments=1, subjects=20, folds=5, seeds=3
    )
    (row,) = compare(outcomes, all_pairs(outcomes.systems), resamples=200).itertuples()
    fold = outcomes.samples["fold"].to_numpy()
    errors = outcomes.average_seeds(
        np.stack([outcomes.wrong[:, fold == each].mean(axis=1) for each in range(5)])
    )
    expected = ttest_1samp(errors[:, 0] - errors[:, 1], 0)
    assert row.p == pytest.approx(expected.pvalue)
    assert (row.low, row.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_unequal_folds_give_the_jackknife_of_the_pooled_mean() -> None:
    values, sizes = np.array([1.0, 4.0, 0.0, 2.0, 9.0]), np.array([4.0, 9.0, 3.0, 8.0, 20.0])
    folds = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
    found = spread(lambda w: (w @ values / (w @ sizes))[:, None], folds.astype(float))
    pooled = [np.delete(values, k).sum() / np.delete(sizes, k).sum() for k in ([0, 1], 2, 3, 4)]
    assert found == pytest.approx(np.sqrt(3 / 4 * np.square(pooled - np.mean(pooled)).sum()))


def test_folds_without_differences() -> None:
    assert p_values(np.array([0.0, 0.1]), np.zeros(2), 5) == pytest.approx([1, np.nan], nan_ok=True)
    low, high = bounded_interval(
        np.zeros(1), np.zeros(1), 5, level=0.95, bounds=(np.zeros(1), np.ones(1))
    )
    assert np.isnan([low, high]).all()


def test_intervals_stay_within_the_bounds_and_are_symmetric_in_the_log_odds() -> None:
    value, error = np.array([0.01, 0.5, 0.99, -0.9]), np.array([0.02, 0.2, 0.03, 0.1])
    lowest, highest = np.array([0.0, 0, 0, -1]), np.ones(4)
    low, high = bounded_interval(value, error, 6, level=0.9, bounds=(lowest, highest))
    assert (lowest < low).all() and (low < value).all()
    assert (value < high).all() and (high < highest).all()
    odds = [np.log((x - lowest) / (highest - x)) for x in (low, value, high)]
    assert odds[1] - odds[0] == pytest.approx(odds[2] - odds[1])
    # Near the middle of the range it is the plain t interval.
    reach = t.ppf(0.95, 5) * 1e-3
    low, high = bounded_interval(
        np.array([0.5]), np.array([1e-3]), 6, level=0.9, bounds=(np.zeros(1), np.ones(1))
    )
    assert (high - low) / 2 == pytest.approx(reach, rel=1e-4)


@pytest.mark.parametrize("tests", [1, 8])
def test_a_detectable_difference_is_found_in_four_of_five_studies(tests: int) -> None:
    rng, count = np.random.default_rng(tests), 10
    truth = detectable(np.array([1 / np.sqrt(count)]), count, tests=tests, level=0.95)
    found = rng.normal(truth, 1, (40_000, count))
    p = ttest_1samp(found, 0, axis=1).pvalue
    assert np.mean(p < 0.05 / tests) == pytest.approx(0.8, abs=0.03)


def rates(effects: Effects, *, experiments: int, **sizes: int) -> tuple[float, float]:
    """Share of equal methods with p below .05, and of intervals that contain the true error."""
    rng = np.random.default_rng(sum(sizes.values()))
    large = simulate_methods(rng, effects, experiments=300, subjects=300, folds=300, seeds=1)
    truth = large.wrong.mean()
    rejected, covered = [], []
    for _ in range(experiments // 50):
        outcomes = simulate_methods(rng, effects, experiments=50, **sizes)
        pairs = [((a,), (b,)) for a, b in np.reshape(outcomes.systems, (-1, 2))]
        rejected.append(compare(outcomes, pairs, resamples=100)["p"] < 0.05)
        errors = estimate(outcomes, resamples=100).query("metric == 'error'")
        covered.append(errors["low"].lt(truth) & errors["high"].gt(truth))
    return float(np.mean(pd.concat(rejected))), float(np.mean(pd.concat(covered)))


def test_rates_in_few_experiments() -> None:
    rejected, covered = rates(FOLDS, experiments=300, subjects=20, folds=10, seeds=2)
    assert 0.01 < rejected < 0.09
    assert 0.91 < covered < 0.99


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize(("subjects", "folds"), [(20, 10), (86, 10), (86, 4), (20, 20)])
@pytest.mark.parametrize("effects", EVERY.values(), ids=EVERY)
def test_rates_are_the_nominal_ones(
    effects: Effects, subjects: int, folds: int, seeds: int
) -> None:
    rejected, covered = rates(
        effects, experiments=1500, subjects=subjects, folds=folds, seeds=seeds
    )
    assert 0.03 < rejected < 0.07
    assert 0.93 < covered < 0.97


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize("effects", EVERY.values(), ids=EVERY)
def test_rates_with_seven_subjects(effects: Effects, seeds: int) -> None:
    rejected, covered = rates(effects, experiments=3000, subjects=7, folds=7, seeds=seeds)
    assert rejected < 0.06
    assert 0.93 < covered < 0.985
