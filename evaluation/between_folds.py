"""Uncertainty of a method from the variation between its folds.

A fold has its own test subjects, its own training subjects and its own trainings, so the variation
between folds contains that of all three. Folds are treated as clusters (Cameron and Miller 2015, "A
Practitioner's Guide to Cluster-Robust Inference"): the variance is that of the delete-one-fold
jackknife, and intervals and tests use the t distribution with K - 1 degrees of freedom. With leave
one subject out the folds are the subjects.

What it leaves out is that the training sets of any two folds overlap, for which no unbiased
estimator exists (Bengio and Grandvalet 2004). The corrected resampled t-test allows for it.
"""

from collections.abc import Callable

import numpy as np
from scipy.stats import t

from posed_spontaneous.evaluation.subject_statistics import Array

MIN_FOLDS = 4
"""With fewer folds the t distribution has such heavy tails that nothing could be said."""

POWER = 0.8
"""Power for which ``detectable`` states a difference."""


def spread(statistic: Callable[[Array], Array], folds: Array) -> Array:
    """Standard errors ``(M,)`` of M statistics.

    Args:
        statistic: Computes the M statistics ``(B, M)`` for weightings ``(B, subjects)`` of the
            subjects.
        folds: Whether each fold contains each subject, ``(K, subjects)``, 0 or 1.
    """
    without = statistic(1 - folds)
    count = len(folds)
    variance = (count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    error: Array = np.sqrt(variance)
    return np.where(error < 1e-12, 0.0, error)


def bounded_interval(
    value: Array, error: Array, count: int, *, level: float, bounds: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Interval of a value between bounds, symmetric in its log odds; nan without any variation.

    Args:
        value: The M values.
        error: Their standard errors.
        count: Number of folds.
        level: Nominal coverage, 0 to 1.
        bounds: Smallest and largest possible value of each.
    """
    low, high = bounds
    share = (value - low) / (high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(share / (1 - share))
        # The derivative of the log odds is 1 / (p (1 - p)).
        reach = t.ppf((1 + level) / 2, count - 1) * error / ((high - low) * share * (1 - share))
        ends = [low + (high - low) / (1 + np.exp(-(odds + side * reach))) for side in (-1, 1)]
    known = error > 0
    return np.where(known, ends[0], np.nan), np.where(known, ends[1], np.nan)


def p_values(difference: Array, error: Array, count: int) -> Array:
    """Two-sided p-values of the t-test of differences; 1 where there is none, nan without spread.

    Args:
        difference: The differences, ``(M,)``.
        error: Their standard errors.
        count: Number of folds.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p: Array = 2 * t.sf(np.abs(difference) / error, count - 1)
    p = np.where(error > 0, p, np.nan)
    return np.where(np.abs(difference) < 1e-12, np.where(error > 0, p, 1.0), p)


def detectable(error: Array, count: int, *, tests: int, level: float) -> Array:
    """The smallest true difference that such a study finds in 80 % of cases.

    Args:
        error: Standard errors of the differences.
        count: Number of folds.
        tests: Number of tests in the family; significance is divided by it (Bonferroni).
        level: Level of the intervals; significance is the rest.
    """
    quantile = t.ppf(1 - (1 - level) / 2 / max(tests, 1), count - 1) + t.ppf(POWER, count - 1)
    smallest: Array = quantile * error
    return smallest
