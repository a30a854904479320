"""Whether systems differ, by what they said of the same subjects."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests

from posed_spontaneous.evaluation.intervals import subject_interval
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.tallies import Array

Pair = tuple[Sequence[str], Sequence[str]]


def compare(
    outcomes: Outcomes,
    pairs: Sequence[Pair],
    *,
    resamples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Differences in pooled error, seeds averaged.

    Args:
        outcomes: What the runs said.
        pairs: First and second systems of each comparison; of several the mean error counts.
        resamples: Draws of the subjects, and of their signs.
        level: Coverage that the intervals claim, 0 to 1.
        seed: Seed of the draws.

    Returns:
        One row a pair: ``first, second`` (several joined by " + "); ``difference``, the first's
        error less the second's (-1 to 1), with ``low, high`` over subjects; ``p`` of
        ``sign_flip`` and ``p_holm``, adjusted for all rows; ``p_mcnemar`` of the lowest
        common seed (nan for several systems and where no seed is common); ``p_resampled_t``.

    Raises:
        ValueError: If a pair names no system, or one that the outcomes lack.
    """
    contrast = np.array([_shares(outcomes, a) - _shares(outcomes, b) for a, b in pairs])
    contrast = contrast.reshape(-1, len(outcomes.systems)).T
    fold = np.unique(outcomes.samples["fold"], return_inverse=True)[1]
    pooled, by_subject, by_fold = (
        outcomes.seed_means(_count_errors(outcomes, group)) @ contrast
        for group in (np.zeros_like(fold), outcomes.subject, fold)
    )
    sizes = np.bincount(outcomes.subject)
    low, high = subject_interval(
        lambda weights: weights @ by_subject / (weights @ sizes)[:, None],
        len(sizes),
        resamples=resamples,
        level=level,
        seed=seed,
    )
    p = sign_flip(by_subject.T, resamples=resamples, seed=seed)
    return pd.DataFrame(
        {
            "first": [" + ".join(first) for first, _ in pairs],
            "second": [" + ".join(second) for _, second in pairs],
            "difference": pooled[0] / sizes.sum(),
            "low": low,
            "high": high,
            "p": p,
            "p_holm": holm(p),
            "p_mcnemar": [_mcnemar_of_pair(outcomes, pair) for pair in pairs],
            "p_resampled_t": [corrected_resampled_t(row) for row in by_fold.T / np.bincount(fold)],
        }
    )


def every_pair(systems: Sequence[str]) -> list[Pair]:
    """Each system against each later one."""
    return [((first,), (second,)) for first, second in combinations(systems, 2)]


def sign_flip(differences: Array, *, resamples: int = 10_000, seed: int = 0) -> Array:
    """Two-sided permutation test over subjects: do two systems err alike?

    If they do, a subject's difference is as likely to have the other sign. Subjects are
    independent, their samples are not, so a subject's samples change sign together. Exact where
    all sign patterns are no more than the resamples, else with draws, counting the observed one:
    Phipson and Smyth 2010.

    Args:
        differences: Errors of one system less those of another, ``(pairs, subjects)``.
        resamples: Draws of the signs.
        seed: Seed of the draws.

    Returns:
        p-values, ``(pairs,)``.
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


def smallest_p(subjects: int, resamples: int = 10_000) -> float:
    """The smallest p-value that ``sign_flip`` can give: 2/128 = .016 with 7 subjects."""
    exact = 2**subjects <= resamples
    return min(1.0, 2 / 2**subjects) if exact else 1 / (1 + resamples)


def mcnemar(wrong_a: NDArray[np.bool_], wrong_b: NDArray[np.bool_]) -> float:
    """p-value of McNemar's exact test, which takes samples for independent.

    A subject's samples are not, so it finds differences too readily; it stands beside
    ``sign_flip`` since the field reports it.

    Args:
        wrong_a: Where one system errs, ``(N,)``.
        wrong_b: Where the other errs on the same samples.
    """
    table = np.bincount(2 * wrong_a + wrong_b, minlength=4).reshape(2, 2)
    return float(contingency_tables.mcnemar(table, exact=True).pvalue)


def corrected_resampled_t(fold_differences: Array) -> float:
    """p-value of Nadeau and Bengio's corrected resampled t-test (2003), two-sided.

    Folds share training samples, so the variance of their mean is taken as 1/K + 1/(K - 1) times
    that of the folds (test over training samples is 1/(K - 1)), not 1/K. A fold counts as one
    whatever its size.

    Args:
        fold_differences: Error of one system less another's in each fold, ``(K,)``.

    Returns:
        1 where all differences are 0; nan for one fold.
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
    """p-values adjusted for their number by Holm 1979, in the order given."""
    adjusted: Array = multipletests(p_values, method="holm")[1]
    return adjusted


def _shares(outcomes: Outcomes, systems: Sequence[str]) -> Array:
    """Weight of each of the outcomes' systems in the mean of some, ``(S,)``."""
    unknown = sorted(set(systems) - set(outcomes.systems))
    if unknown or not systems:
        known = ", ".join(outcomes.systems)
        raise ValueError(f"no system {', '.join(unknown)!r} to compare among {known}")
    return np.isin(outcomes.systems, systems) / len(systems)


def _count_errors(outcomes: Outcomes, group: NDArray[np.intp]) -> Array:
    """Wrong samples of each group and run, ``(groups, R)``."""
    member = np.arange(group.max() + 1)[:, None] == group
    counts: Array = member.astype(np.float64) @ outcomes.wrong.T
    return counts


def _mcnemar_of_pair(outcomes: Outcomes, pair: Pair) -> float:
    if max(map(len, pair)) > 1:
        return float("nan")
    members = [outcomes.system == outcomes.systems.index(name) for (name,) in pair]
    common = np.intersect1d(*(outcomes.seed[member] for member in members))
    if not common.size:
        return float("nan")
    runs = [int(np.flatnonzero(member & (outcomes.seed == common[0]))[0]) for member in members]
    return mcnemar(outcomes.wrong[runs[0]], outcomes.wrong[runs[1]])
