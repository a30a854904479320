"""Tests of the difference between systems, paired by subject."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests

from posed_spontaneous.evaluation.between_folds import (
    MIN_FOLDS,
    detectable,
    p_values,
    spread,
)
from posed_spontaneous.evaluation.intervals import subject_interval
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.subject_statistics import Array

Pair = tuple[Sequence[str], Sequence[str]]


def compare(
    outcomes: Outcomes,
    pairs: Sequence[Pair],
    *,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Test differences in pooled error, averaged over seeds.

    Args:
        outcomes: The predictions.
        pairs: First and second systems of each comparison; errors of several are averaged.
        resamples: Number of resamples of the subjects, and of their signs.
        level: Nominal coverage of the intervals, 0 to 1.
        seed: Seed of the resampling.

    Returns:
        A row per pair: ``first, second`` (several joined by " + "); ``difference``, the first's
        error minus the second's (-1 to 1), with ``low, high``; ``p``, and ``p_holm``, adjusted for
        all rows; ``detectable``, the smallest difference that such a study finds in 80 % of cases
        (nan where p is over subjects); ``p_subjects`` of ``sign_flip``, which describes the
        networks as trained; ``p_mcnemar`` of the lowest common seed (nan for several systems and
        without a common seed); ``p_resampled_t``. Interval and p describe the methods, by the
        variation between folds, if there are at least ``MIN_FOLDS``; otherwise they are over
        subjects, of the networks as trained.

    Raises:
        ValueError: If a pair has no system, or one that is not in the outcomes.
    """
    contrast = np.array([_shares(outcomes, a) - _shares(outcomes, b) for a, b in pairs])
    contrast = contrast.reshape(-1, len(outcomes.systems)).T
    fold = np.unique(outcomes.samples["fold"], return_inverse=True)[1]
    pooled, by_subject, by_fold = (
        outcomes.average_seeds(_count_errors(outcomes, group)) @ contrast
        for group in (np.zeros_like(fold), outcomes.sample_subject, fold)
    )
    sizes = np.bincount(outcomes.sample_subject)
    difference = pooled[0] / sizes.sum()

    def statistic(weights: Array) -> Array:
        differences: Array = weights @ by_subject / (weights @ sizes)[:, None]
        return differences

    p_subjects = sign_flip(by_subject.T, resamples=resamples, seed=seed)
    count = len(outcomes.folds)
    if count >= MIN_FOLDS:
        error = spread(statistic, outcomes.folds)
        reach = t.ppf((1 + level) / 2, count - 1) * error
        low, high = difference - reach, difference + reach
        # Equal differences in all folds happen with few samples only.
        p = p_values(difference, error, count)
        p = np.where(np.isnan(p), p_subjects, p)
        smallest = detectable(error, count, tests=len(pairs), level=level)
    else:
        low, high = subject_interval(
            statistic, len(sizes), resamples=resamples, level=level, seed=seed
        )
        p, smallest = p_subjects, np.full_like(p_subjects, np.nan)
    return pd.DataFrame(
        {
            "first": [" + ".join(first) for first, _ in pairs],
            "second": [" + ".join(second) for _, second in pairs],
            "difference": difference,
            "low": low,
            "high": high,
            "p": p,
            "p_holm": holm(p),
            "detectable": smallest,
            "p_subjects": p_subjects,
            "p_mcnemar": [_mcnemar_of_pair(outcomes, pair) for pair in pairs],
            "p_resampled_t": [corrected_resampled_t(row) for row in by_fold.T / np.bincount(fold)],
        }
    )


def all_pairs(systems: Sequence[str]) -> list[Pair]:
    """Each system against each later one."""
    return [((first,), (second,)) for first, second in combinations(systems, 2)]


def sign_flip(differences: Array, *, resamples: int = 10_000, seed: int = 0) -> Array:
    """p-values ``(pairs,)`` of a two-sided permutation test over subjects for equal errors.

    Under the null hypothesis the sign of a subject's difference is random. All samples of a
    subject change sign together, because they are not independent. The test is exact if there are
    at most as many sign patterns as resamples; otherwise the patterns are random and the observed
    one is included (Phipson and Smyth 2010).

    Args:
        differences: Errors of one system minus those of another, ``(pairs, subjects)``.
        resamples: Number of random sign patterns.
        seed: Seed of the patterns.
    """
    subjects = differences.shape[1]
    exact = 2**subjects <= resamples
    if exact:
        patterns = np.arange(2**subjects)[:, None] >> np.arange(subjects) & 1
    else:
        patterns = np.random.default_rng(seed).integers(2, size=(resamples, subjects))
    flipped = np.abs((1.0 - 2 * patterns) @ differences.T)
    # Equal sums may differ in their last digits, which depend on the order of summation.
    noise = 1e-9 * np.abs(differences).sum(axis=1)
    as_extreme = (flipped >= np.abs(differences.sum(axis=1)) - noise).sum(axis=0)
    p: Array = as_extreme / len(patterns) if exact else (1 + as_extreme) / (1 + resamples)
    return p


def mcnemar(wrong_a: NDArray[np.bool_], wrong_b: NDArray[np.bool_]) -> float:
    """p-value of McNemar's exact test, which assumes independent samples.

    Samples of one subject are not, so it is too often significant; the field reports it.

    Args:
        wrong_a: Whether the predictions of one system are wrong, ``(N,)``.
        wrong_b: The same of the other system.
    """
    table = np.bincount(2 * wrong_a + wrong_b, minlength=4).reshape(2, 2)
    return float(contingency_tables.mcnemar(table, exact=True).pvalue)


def corrected_resampled_t(fold_differences: Array) -> float:
    """p-value of the corrected resampled t-test of Nadeau and Bengio (2003), two-sided.

    The training sets of the folds overlap, so the variance of the mean is 1/K + 1/(K - 1) times
    that of the folds (1/(K - 1) is the ratio of test to training samples) instead of 1/K. It is
    1 if all differences are 0, and nan for a single fold.

    Args:
        fold_differences: Error of one system minus another's in each fold, ``(K,)``.
    """
    folds = len(fold_differences)
    if folds < 2:
        return float("nan")
    if np.allclose(fold_differences, 0, atol=1e-12):
        return 1.0
    variance = np.var(fold_differences, ddof=1) * (1 / folds + 1 / (folds - 1))
    with np.errstate(divide="ignore"):
        statistic = np.abs(np.mean(fold_differences)) / np.sqrt(variance)
    return float(2 * t.sf(statistic, folds - 1))


def holm(p_values: Array) -> Array:
    """p-values in the same order, adjusted for their number by Holm 1979."""
    adjusted: Array = multipletests(p_values, method="holm")[1]
    return adjusted


def _shares(outcomes: Outcomes, systems: Sequence[str]) -> Array:
    """Weight of each of the outcomes' systems in the mean of the given ones, ``(S,)``."""
    unknown = sorted(set(systems) - set(outcomes.systems))
    if unknown or not systems:
        known = ", ".join(outcomes.systems)
        raise ValueError(f"no system {', '.join(unknown)!r} to compare, expected some of {known}")
    return np.isin(outcomes.systems, systems) / len(systems)


def _count_errors(outcomes: Outcomes, group: NDArray[np.intp]) -> Array:
    """Wrong samples of each group and run, ``(groups, R)``."""
    member = np.arange(group.max() + 1)[:, None] == group
    counts: Array = member.astype(np.float64) @ outcomes.wrong.T
    return counts


def _mcnemar_of_pair(outcomes: Outcomes, pair: Pair) -> float:
    if max(map(len, pair)) > 1:
        return float("nan")
    first, second = (
        dict(zip(outcomes.run_seed[runs], runs, strict=True))
        for runs in (outcomes.runs_of(name) for (name,) in pair)
    )
    common = min(first.keys() & second.keys(), default=None)
    if common is None:
        return float("nan")
    return mcnemar(outcomes.wrong[first[common]], outcomes.wrong[second[common]])
