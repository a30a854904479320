"""Runs arranged by sample, whatever the order of the rows."""

import pandas as pd
import pytest

from posed_spontaneous.evaluation import Outcomes, compare, estimate, every_pair

from ..evaluation.drawn_predictions import draw_predictions

CLASSES = ("class0", "class1")
DRAWN = draw_predictions(systems=2, seeds=2)


def test_arranges_what_was_said() -> None:
    outcomes = Outcomes.of(DRAWN, CLASSES)
    run = DRAWN.query("variant == 'system1' and seed == 0").set_index("sample_id")
    row = list(zip(outcomes.system, outcomes.seed, strict=True)).index((1, 0))
    run = run.loc[outcomes.samples["sample_id"]]
    assert [CLASSES[code] for code in outcomes.predicted[row]] == list(run["predicted"])
    assert list(outcomes.wrong[row]) == list(run["predicted"] != run["label"])
    assert list(outcomes.scores[row, :, 1]) == list(run["score_class1"])
    assert [outcomes.subjects[code] for code in outcomes.subject] == list(run["subject_id"])


def test_the_stored_prediction_counts_not_the_largest_score() -> None:
    swapped = DRAWN.assign(predicted=DRAWN["label"])
    assert not Outcomes.of(swapped, CLASSES).wrong.any()


def test_order_of_rows_does_not_matter() -> None:
    # The first row stays: systems are named in the order in which they appear.
    mixed = pd.concat([DRAWN[:1], DRAWN[1:].sample(frac=1, random_state=0)])
    one, other = Outcomes.of(DRAWN, CLASSES), Outcomes.of(mixed, CLASSES)
    pd.testing.assert_frame_equal(estimate(one, resamples=100), estimate(other, resamples=100))
    pairs = every_pair(one.systems)
    pd.testing.assert_frame_equal(
        compare(one, pairs, resamples=100), compare(other, pairs, resamples=100)
    )


def test_systems_may_have_different_seeds() -> None:
    outcomes = Outcomes.of(DRAWN.query("variant == 'system0' or seed == 1"), CLASSES)
    assert list(zip(outcomes.system, outcomes.seed, strict=True)) == [(0, 0), (0, 1), (1, 1)]
    assert list(outcomes.seed_means(pd.Series([1.0, 2.0, 5.0]).to_numpy())) == [1.5, 5.0]


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        (DRAWN[:-1], "not the samples"),
        (pd.concat([DRAWN, DRAWN[-1:]]), "stands twice"),
        (pd.concat([DRAWN[:-1], DRAWN[-1:].assign(sample_id="other")]), "not the samples"),
        (pd.concat([DRAWN[:-1], DRAWN[-1:].assign(subject_id="other")]), "subject_id"),
        (pd.concat([DRAWN[:-1], DRAWN[-1:].assign(fold=9)]), "fold"),
        (
            pd.concat([DRAWN[:-1], DRAWN[-1:].assign(label=lambda row: row["label"] + "!")]),
            "label",
        ),
    ],
)
def test_a_run_on_other_samples_is_refused_by_name(faulty: pd.DataFrame, reason: str) -> None:
    with pytest.raises(ValueError, match=f"variant system1, seed 1: .*{reason}"):
        Outcomes.of(faulty, CLASSES)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="'class1' is not among"):
        Outcomes.of(DRAWN, ("class0",))
