"""Intervals agree with SciPy's bootstrap and have their nominal coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, norm, t
from sklearn.metrics import roc_auc_score

from posed_spontaneous.evaluation import Outcomes, estimate, score
from posed_spontaneous.evaluation.intervals import subject_interval

from ..evaluation.random_predictions import random_predictions, simulate

CLASSES = ("class0", "class1")


def test_values_are_means_over_seeds() -> None:
    predictions = random_predictions(systems=2, seeds=3)
    table = estimate(Outcomes.of(predictions, CLASSES), resamples=200).set_index(
        ["system", "metric"]
    )
    for system, rows in predictions.groupby("variant"):
        by_seed = pd.DataFrame([score(seed) for _, seed in rows.groupby("seed")])
        for metric in ("error", "balanced_accuracy", "f1", "mcc"):
            found = table.loc[(system, metric)]
            assert found["value"] == pytest.approx(by_seed[metric].mean())
            assert found["std"] == pytest.approx(by_seed[metric].std())
            assert found["low"] < found["value"] < found["high"]
            assert found["seeds"] == 3


def test_one_seed_has_no_standard_deviation_and_calibration_no_interval() -> None:
    table = estimate(Outcomes.of(random_predictions(), CLASSES), resamples=200)
    assert table["std"].isna().all()
    assert list(table.loc[table["low"].isna(), "metric"]) == ["ece"]


def test_intervals_stay_within_the_ranges_of_the_metrics() -> None:
    table = estimate(Outcomes.of(random_predictions(subjects=3), CLASSES), resamples=200)
    lowest = table["metric"].map({"mcc": -1.0}).fillna(0)
    known = table["low"].notna()
    assert (table["low"] >= lowest)[known].all()
    assert (table["high"] <= 1)[known].all()


def test_a_single_subject_has_values_and_no_interval() -> None:
    table = estimate(Outcomes.of(random_predictions(subjects=1), CLASSES), resamples=200)
    assert table["value"].notna().all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_a_single_class_has_no_auc() -> None:
    one = random_predictions().query("label == 'class0'")
    table = estimate(Outcomes.of(one, CLASSES), resamples=200).set_index("metric")
    assert table.loc["auc", ["value", "low", "high"]].isna().all()
    assert table.loc["error", "low"] < table.loc["error", "high"]


def test_the_interval_without_errors_is_a_point() -> None:
    predictions = random_predictions()
    right = predictions.assign(predicted=predictions["label"])
    table = estimate(Outcomes.of(right, CLASSES), resamples=200).set_index("metric")
    assert tuple(table.loc["error", ["value", "low", "high"]]) == (0, 0, 0)


@pytest.mark.parametrize("subjects", [8, 40])
def test_agrees_with_scipy(subjects: int) -> None:
    """The reference is SciPy's BCa at the level of Hesterberg's widening."""
    data = np.random.default_rng(0).exponential(size=subjects)
    low, high = subject_interval(
        lambda weights: weights @ data[:, None] / weights.sum(axis=1, keepdims=True),
        subjects,
        resamples=40_000,
        level=0.95,
        seed=0,
    )
    outermost = t.ppf(0.975, subjects - 1) * np.sqrt(subjects / (subjects - 1))
    expected = bootstrap(
        (data,),
        np.mean,
        n_resamples=40_000,
        confidence_level=2 * norm.cdf(outermost) - 1,
        method="BCa",
        rng=np.random.default_rng(1),
    )
    width = np.ptp(expected.confidence_interval)
    found = np.concatenate([low, high])
    assert found == pytest.approx(expected.confidence_interval, abs=0.03 * width)


def true_figures(error: float, correlation: float) -> pd.Series:
    """Metrics of the simulated population, the AUC from 100,000 samples."""
    rng = np.random.default_rng(0)
    large = simulate(rng, subjects=8000, error=error, experiments=1, correlation=correlation)
    auc = roc_auc_score(large.targets, large.scores[0, :, 1])
    return pd.Series(
        {"error": error, "fold_mean_error": error, "balanced_accuracy": 1 - error, "auc": auc}
    )


def coverage(*, subjects: int, error: float, experiments: int, resamples: int) -> pd.Series:
    """Fraction of experiments whose interval of 95 % contains the true value, by metric."""
    rng = np.random.default_rng(subjects)
    truth = true_figures(error, correlation=0.1)
    covered = []
    for _ in range(experiments // 100):
        # New sizes of the subjects and new random numbers for every hundred.
        outcomes = simulate(rng, subjects=subjects, error=error, experiments=100, correlation=0.1)
        table = estimate(outcomes, resamples=resamples, seed=int(rng.integers(2**31)))
        expected = table["metric"].map(truth)
        table["covered"] = table["low"].le(expected) & table["high"].ge(expected)
        covered.append(table[expected.notna()])
    return pd.concat(covered).groupby("metric")["covered"].mean()


def test_coverage_in_few_experiments() -> None:
    found = coverage(subjects=20, error=0.2, experiments=400, resamples=1000)
    assert found.between(0.91, 0.99).all(), found


@pytest.mark.slow
@pytest.mark.parametrize("subjects", [20, 86])
def test_coverage_is_the_nominal_one(subjects: int) -> None:
    found = coverage(subjects=subjects, error=0.2, experiments=3000, resamples=2000)
    assert found.between(0.93, 0.97).all(), found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subjects", "error", "least"), [(7, 0.2, 0.90), (7, 0.03, 0.75), (20, 0.03, 0.90)]
)
def test_coverage_is_lower_with_few_subjects_and_few_errors(
    subjects: int, error: float, least: float
) -> None:
    found = coverage(subjects=subjects, error=error, experiments=1000, resamples=2000)
    assert least < found["error"] < 0.97
