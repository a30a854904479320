"""Paired tests agree with SciPy or values computed by hand, and have few false positives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, ttest_1samp

from posed_spontaneous.evaluation import Outcomes, all_pairs, compare
from posed_spontaneous.evaluation.paired_tests import (
    corrected_resampled_t,
    holm,
    mcnemar,
    sign_flip,
)

from ..evaluation.random_predictions import random_predictions, simulate

CLASSES = ("class0", "class1")


def scipy_sign_flip(differences: np.ndarray, resamples: int) -> float:
    result = permutation_test(
        (differences,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        n_resamples=resamples,
        vectorized=True,
        rng=np.random.default_rng(1),
    )
    return float(result.pvalue)


# Means over three seeds are thirds. Sums that differ in their rounding only must count as equal.
@given(st.lists(st.integers(-6, 6), min_size=2, max_size=9))
def test_sign_flip_equals_scipys_exact_test(thirds: list[int]) -> None:
    exact = scipy_sign_flip(np.array(thirds), 1000)
    found = sign_flip(np.array([thirds]) / 3, resamples=1000)
    assert found.item() == pytest.approx(exact)


def test_random_signs_agree_with_scipy() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, size=(3, 40))
    found = sign_flip(differences, resamples=20_000)
    for row, p in zip(differences, found, strict=True):
        assert p == pytest.approx(scipy_sign_flip(row, 20_000), abs=0.02)


def test_equal_systems_have_p_1() -> None:
    assert list(sign_flip(np.zeros((1, 5)))) == [1]
    assert list(sign_flip(np.zeros((1, 50)), resamples=100)) == [1]


def test_mcnemar_by_hand() -> None:
    # Six samples are wrong in the first only, one in the second only: 2 (1 + 7) / 2^7.
    first = np.array([True] * 6 + [False] + [True, False] * 5)
    second = np.array([False] * 6 + [True] + [True, False] * 5)
    assert mcnemar(first, second) == pytest.approx(16 / 128)
    assert mcnemar(first, first) == 1


def test_nadeau_bengio_by_hand() -> None:
    # Mean .2, variance .01: t = .2 / sqrt(.01 (1/3 + 1/2)) with 2 degrees of freedom, for which
    # the p-value is 1 - t / sqrt(t^2 + 2).
    statistic = 0.2 / np.sqrt(0.01 * 5 / 6)
    expected = 1 - statistic / np.sqrt(statistic**2 + 2)
    assert corrected_resampled_t(np.array([0.1, 0.2, 0.3])) == pytest.approx(expected)


def test_nadeau_bengio_is_wider_than_the_plain_t_test() -> None:
    differences = np.random.default_rng(0).normal(0.5, 1, size=10)
    assert corrected_resampled_t(differences) > ttest_1samp(differences, 0).pvalue


def test_nadeau_bengio_without_variation() -> None:
    assert corrected_resampled_t(np.zeros(10)) == 1
    assert np.isnan(corrected_resampled_t(np.array([0.1])))


def test_holm_by_hand() -> None:
    # .01 x 4, .02 x 3, .03 x 2 and .04 x 1, made non-decreasing.
    assert holm(np.array([0.03, 0.01, 0.04, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_compare_uses_the_predictions() -> None:
    predictions = random_predictions(systems=3, seeds=3, subjects=20, samples=200)
    outcomes = Outcomes.of(predictions, CLASSES)
    table = compare(outcomes, all_pairs(outcomes.systems))
    assert list(zip(table["first"], table["second"], strict=True)) == [
        ("system0", "system1"),
        ("system0", "system2"),
        ("system1", "system2"),
    ]
    wrong = predictions.assign(wrong=predictions["label"] != predictions["predicted"])
    errors = wrong.groupby("variant")["wrong"].mean()
    by_subject = wrong.groupby(["variant", "subject_id"])["wrong"].sum().unstack("variant") / 3
    by_fold = wrong.groupby(["variant", "fold"])["wrong"].mean().unstack("variant")
    one_seed = wrong.query("seed == 0").pivot(index="sample_id", columns="variant")["wrong"]
    for row in table.itertuples():
        first, second = row.first, row.second
        assert row.difference == pytest.approx(errors[first] - errors[second])
        assert row.low < row.difference < row.high
        differences = (by_subject[first] - by_subject[second]).to_numpy()
        assert row.p == pytest.approx(scipy_sign_flip(differences, 9999), abs=0.02)
        assert row.p_mcnemar == mcnemar(*one_seed[[first, second]].to_numpy().T)
        differences = (by_fold[first] - by_fold[second]).to_numpy()
        assert row.p_resampled_t == pytest.approx(corrected_resampled_t(differences))
    assert list(table["p_holm"]) == pytest.approx(holm(table["p"].to_numpy()))


def test_several_systems_are_compared_by_their_mean() -> None:
    outcomes = Outcomes.of(random_predictions(systems=3), CLASSES)
    table = compare(
        outcomes,
        [
            (("system0",), ("system2",)),
            (("system1",), ("system2",)),
            (("system0", "system1"), ("system2",)),
        ],
    )
    assert table["first"].iloc[2] == "system0 + system1"
    assert table["difference"].iloc[2] == pytest.approx(table["difference"].iloc[:2].mean())
    assert table["p_mcnemar"].isna().tolist() == [False, False, True]


def test_a_system_does_not_differ_from_itself() -> None:
    predictions = random_predictions(seeds=3)
    twin = predictions.assign(variant="twin")
    outcomes = Outcomes.of(pd.concat([predictions, twin]), CLASSES)
    (row,) = compare(outcomes, all_pairs(outcomes.systems)).itertuples()
    assert (row.difference, row.low, row.high) == (0, 0, 0)
    assert (row.p, row.p_holm, row.p_mcnemar, row.p_resampled_t) == (1, 1, 1, 1)


def test_a_single_system_has_no_pairs() -> None:
    outcomes = Outcomes.of(random_predictions(), CLASSES)
    assert compare(outcomes, all_pairs(outcomes.systems)).empty


def test_no_common_seed_has_no_mcnemar() -> None:
    predictions = random_predictions(systems=2, seeds=2)
    disjoint = predictions.query("(variant == 'system0') == (seed == 0)")
    outcomes = Outcomes.of(disjoint, CLASSES)
    assert compare(outcomes, all_pairs(outcomes.systems))["p_mcnemar"].isna().all()


def test_an_unknown_system_is_refused() -> None:
    outcomes = Outcomes.of(random_predictions(), CLASSES)
    with pytest.raises(ValueError, match="'other'"):
        compare(outcomes, [(("system0",), ("other",))])


def false_positives(*, subjects: int, comparisons: int, error: float = 0.2) -> tuple[float, float]:
    """Fraction of comparisons of equal systems with p below .05: sign flip and McNemar.

    The samples are not independent: each system has high errors on other subjects.
    """
    rng = np.random.default_rng(subjects)
    sign_flips, mcnemars = [], []
    for _ in range(comparisons // 200):
        outcomes = simulate(rng, subjects=subjects, error=error, experiments=400, correlation=0.3)
        pairs = [((a,), (b,)) for a, b in np.reshape(outcomes.systems, (-1, 2))]
        table = compare(outcomes, pairs, resamples=2000, seed=int(rng.integers(2**31)))
        sign_flips.append(table["p"] < 0.05)
        mcnemars.append(table["p_mcnemar"] < 0.05)
    return float(np.mean(sign_flips)), float(np.mean(mcnemars))


def test_false_positives_in_few_comparisons() -> None:
    assert 0.01 < false_positives(subjects=20, comparisons=400)[0] < 0.09


@pytest.mark.slow
@pytest.mark.parametrize("subjects", [20, 86])
def test_false_positives_have_the_nominal_rate(subjects: int) -> None:
    by_subject, by_sample = false_positives(subjects=subjects, comparisons=3000)
    assert 0.03 < by_subject < 0.07
    # A test that assumes independent samples is significant too often.
    assert by_sample > 0.1


@pytest.mark.slow
def test_false_positives_with_seven_subjects_are_within_the_nominal_rate() -> None:
    assert false_positives(subjects=7, comparisons=3000)[0] < 0.06
