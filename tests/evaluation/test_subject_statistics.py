"""Metrics agree with scikit-learn, or with values computed by hand where it has none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from posed_spontaneous.evaluation import Outcomes, score
from posed_spontaneous.evaluation.subject_statistics import SubjectStatistics

from ..evaluation.random_predictions import random_predictions

PREDICTIONS = {
    classes: random_predictions(systems=2, classes=classes, subjects=5, samples=40)
    for classes in (2, 3, 5)
}
STATISTICS = {
    classes: SubjectStatistics.of(
        Outcomes.of(table, [f"class{number}" for number in range(classes)])
    )
    for classes, table in PREDICTIONS.items()
}


def scikit_learn_metrics(rows: pd.DataFrame, classes: int) -> dict[str, float]:
    """scikit-learn's metrics of one run; the AUC if all classes are present."""
    metrics = score(rows).drop("samples").to_dict()
    if rows["label"].nunique() == classes:
        names = [f"class{number}" for number in range(classes)]
        scores = rows[[f"score_{name}" for name in names]].to_numpy()
        metrics["auc"] = roc_auc_score(
            rows["label"], scores[:, 1] if classes == 2 else scores, multi_class="ovr"
        )
    return metrics


@settings(max_examples=50, deadline=None)
@given(
    classes=st.sampled_from(sorted(PREDICTIONS)),
    weights=st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
def test_weighted_subjects_are_repeated_subjects(classes: int, weights: list[int]) -> None:
    assume(any(weights))
    metrics = STATISTICS[classes].metrics(np.array([weights], dtype=float))
    for number in range(2):
        run = PREDICTIONS[classes].query(f"variant == 'system{number}'")
        subject = run["subject_id"].rank(method="dense").astype(int) - 1
        repeated = run.loc[run.index.repeat(np.array(weights)[subject])]
        for name, expected in scikit_learn_metrics(repeated, classes).items():
            assert metrics[name][0, number] == pytest.approx(expected, abs=1e-12), name


@pytest.mark.parametrize("classes", sorted(PREDICTIONS))
def test_unit_weights_give_the_metrics_of_all_samples(classes: int) -> None:
    metrics = STATISTICS[classes].metrics(np.ones((1, 5)))
    for number, (_, run) in enumerate(PREDICTIONS[classes].groupby("variant")):
        for name, expected in scikit_learn_metrics(run, classes).items():
            assert metrics[name][0, number] == pytest.approx(expected, abs=1e-12), name
        by_fold = (run["label"] != run["predicted"]).groupby(run["fold"]).mean().mean()
        assert metrics["fold_mean_error"][0, number] == pytest.approx(by_fold)


def outcomes(columns: dict[str, list[object]]) -> Outcomes:
    """One run of two classes, p and s, with the given rows."""
    rows = pd.DataFrame({"variant": "a", "seed": 0, "fold": 0} | columns)
    rows["sample_id"] = [f"x{number}" for number in range(len(rows))]
    return Outcomes.of(rows.assign(score_p=1 - rows["score_s"]), ("p", "s"))


HAND = outcomes(
    {
        "subject_id": ["s1", "s1", "s2", "s2", "s3"],
        "fold": [0, 0, 1, 1, 2],
        "label": ["p", "s", "p", "s", "s"],
        "predicted": ["p", "s", "s", "s", "p"],
        "score_s": [0.1, 0.9, 0.9, 0.8, 0.3],
    }
)


def test_calibration_error_by_hand() -> None:
    # Confidences .9, .9, .9 (two of three right), .8 (right) and .7 (wrong).
    metrics = SubjectStatistics.of(HAND).metrics(np.ones((1, 3)))
    assert metrics["ece"].item() == pytest.approx(3 / 5 * (0.9 - 2 / 3) + 0.2 / 5 + 0.7 / 5)


def test_auc_by_hand() -> None:
    # Positives .9, .8, .3; negatives .1, .9. In the right order: 1 and a tie, 1, 1.
    metrics = SubjectStatistics.of(HAND).metrics(np.array([[1.0, 1, 1], [1, 0, 0], [0, 0, 1]]))
    assert metrics["auc"][:2, 0] == pytest.approx([3.5 / 6, 1.0])
    assert np.isnan(metrics["auc"][2, 0])


def test_a_fold_is_weighted_by_its_subjects() -> None:
    # One subject per fold, errors 0, 1/2 and 1.
    metrics = SubjectStatistics.of(HAND).metrics(np.array([[1.0, 1, 1], [0, 1, 2]]))
    assert metrics["fold_mean_error"][:, 0] == pytest.approx([1 / 2, (1 / 2 + 2) / 3])


def test_a_class_without_samples_is_excluded() -> None:
    # Only the third subject: one sample of s, predicted as p.
    metrics = SubjectStatistics.of(HAND).metrics(np.array([[0.0, 0, 1]]))
    assert metrics["balanced_accuracy"].item() == 0
    assert metrics["error"].item() == 1


def test_matthews_is_0_for_a_constant_prediction() -> None:
    constant = outcomes(
        {
            "subject_id": ["s1", "s2"],
            "label": ["p", "s"],
            "predicted": ["s", "s"],
            "score_s": [1.0, 1.0],
        }
    )
    assert SubjectStatistics.of(constant).metrics(np.ones((1, 2)))["mcc"].item() == 0
