"""Predictions of many runs are arranged by sample, in any order of the rows."""

import pandas as pd
import pytest

from posed_spontaneous.evaluation import Outcomes, all_pairs, compare, estimate

from ..evaluation.random_predictions import random_predictions

CLASSES = ("class0", "class1")
PREDICTIONS = random_predictions(systems=2, seeds=2)


def test_predictions_are_arranged_by_run_and_sample() -> None:
    outcomes = Outcomes.of(PREDICTIONS, CLASSES)
    run = PREDICTIONS.query("variant == 'system1' and seed == 0").set_index("sample_id")
    row = list(zip(outcomes.run_system, outcomes.run_seed, strict=True)).index((1, 0))
    run = run.loc[outcomes.samples["sample_id"]]
    assert [CLASSES[code] for code in outcomes.predicted[row]] == list(run["predicted"])
    assert list(outcomes.wrong[row]) == list(run["predicted"] != run["label"])
    assert list(outcomes.scores[row, :, 1]) == list(run["score_class1"])
    assert [outcomes.subjects[code] for code in outcomes.sample_subject] == list(run["subject_id"])


def test_the_stored_prediction_is_used_instead_of_the_largest_score() -> None:
    swapped = PREDICTIONS.assign(predicted=PREDICTIONS["label"])
    assert not Outcomes.of(swapped, CLASSES).wrong.any()


def test_order_of_rows_does_not_matter() -> None:
    # The first row is not moved, because systems keep the order of their first rows.
    mixed = pd.concat([PREDICTIONS[:1], PREDICTIONS[1:].sample(frac=1, random_state=0)])
    one, other = Outcomes.of(PREDICTIONS, CLASSES), Outcomes.of(mixed, CLASSES)
    pd.testing.assert_frame_equal(estimate(one, resamples=100), estimate(other, resamples=100))
    pairs = all_pairs(one.systems)
    pd.testing.assert_frame_equal(
        compare(one, pairs, resamples=100), compare(other, pairs, resamples=100)
    )


def test_systems_may_have_different_seeds() -> None:
    outcomes = Outcomes.of(PREDICTIONS.query("variant == 'system0' or seed == 1"), CLASSES)
    assert list(zip(outcomes.run_system, outcomes.run_seed, strict=True)) == [
        (0, 0),
        (0, 1),
        (1, 1),
    ]
    assert list(outcomes.average_seeds(pd.Series([1.0, 2.0, 5.0]).to_numpy())) == [1.5, 5.0]


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        (PREDICTIONS[:-1], "expected the samples"),
        (pd.concat([PREDICTIONS, PREDICTIONS[-1:]]), "two predictions"),
        (
            pd.concat([PREDICTIONS[:-1], PREDICTIONS[-1:].assign(sample_id="other")]),
            "expected the samples",
        ),
        (pd.concat([PREDICTIONS[:-1], PREDICTIONS[-1:].assign(subject_id="other")]), "subject_id"),
        (pd.concat([PREDICTIONS[:-1], PREDICTIONS[-1:].assign(fold=9)]), "fold"),
        (
            pd.concat(
                [PREDICTIONS[:-1], PREDICTIONS[-1:].assign(label=lambda row: row["label"] + "!")]
            ),
            "label",
        ),
    ],
)
def test_a_run_on_other_samples_is_refused_by_name(faulty: pd.DataFrame, reason: str) -> None:
    with pytest.raises(ValueError, match=f"variant system1, seed 1: .*{reason}"):
        Outcomes.of(faulty, CLASSES)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="'class1' is not one of"):
        Outcomes.of(PREDICTIONS, ("class0",))
