"""What the errors of stored runs depend on: trainings, training sets, subjects.

Components are estimated from products of errors of two predictions that share a pair, a subject,
a fold or a training. In balanced studies the estimates are those of an analysis of variance of
trainings and subjects crossed within folds (Searle, Casella and McCulloch 1992, "Variance
Components"). What a source adds to the variance of the mean is set to 0 where it is negative.

With leave-one-subject-out a training set has a single test subject, and its effects count as the
subject's. With one pair a subject, so do those of the pair.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.integrate import cumulative_trapezoid
from scipy.special import ndtri

from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.simulation import Variances
from posed_spontaneous.evaluation.subject_statistics import Array


class Agreement(NamedTuple):
    """How often two predictions are both wrong, 0 to 1, by what they share.

    Args:
        nothing: Of different folds.
        training_set: Of one fold, but of different subjects and seeds.
        training: Of one fold and seed, but of different subjects.
        subject: Of one subject, but of different pairs and seeds.
        training_subject: Of one subject and seed, but of different pairs.
        pair: Of one pair, but of different seeds.
    """

    nothing: float
    training_set: float
    training: float
    subject: float
    training_subject: float
    pair: float


class Components(NamedTuple):
    """Variances of an error by their source; their sum is that of a single prediction."""

    training_set: float
    subject: float
    pair: float
    training: float
    training_subject: float
    chance: float


def variance_shares(outcomes: Outcomes) -> pd.DataFrame:
    """Sources of the variance of each system's pooled error, averaged over seeds.

    Args:
        outcomes: The predictions. Systems with a single seed, and all with a single fold, are left
            out: nothing tells their sources apart.

    Returns:
        A row per system: ``system``; ``standard_error`` of the error (0 to 1); the shares of its
        variance, 0 to 1 (nan without variance): ``from_seeds``, ``from_training_sets`` and
        ``from_subjects``, each subject with its pairs; ``seeds_to_halve`` and
        ``subjects_to_halve``: how many halve the standard error, if all else stays as it is (nan
        if no number does).
    """
    columns = ["system", "standard_error", "from_seeds", "from_training_sets", "from_subjects"]
    rows = []
    for system in outcomes.systems if len(outcomes.folds) > 1 else ():
        wrong = outcomes.wrong[outcomes.runs_of(system)].astype(np.float64)
        if len(wrong) > 1:
            own = _linear(_agreement(outcomes, wrong), wrong.mean())
            rows.append((system, *_split(outcomes, own, len(wrong))))
    return pd.DataFrame(rows, columns=[*columns, "seeds_to_halve", "subjects_to_halve"])


def estimate_variances(outcomes: Outcomes) -> Variances | None:
    """Variances for the simulation of further studies, averaged over systems.

    Args:
        outcomes: The predictions. Only systems with two seeds or more, that are wrong in more than
            one fold, are used.

    Returns:
        The variances; None if there are no two such systems.
    """
    runs = [outcomes.runs_of(system) for system in outcomes.systems]
    errors = [outcomes.wrong[own].astype(np.float64) for own in runs if len(own) > 1]
    if len(outcomes.folds) < 2:
        return None
    known = [(w, a) for w in errors if 0 < (a := _agreement(outcomes, w)).nothing < 1]
    if len(known) < 2:
        return None
    shares = np.mean([_latent(agreement) for _, agreement in known], axis=0)
    together = [
        _correlation(
            *_common(outcomes, one.mean(axis=0), other.mean(axis=0)),
            np.sqrt([a.nothing, b.nothing]),
        )
        for (one, a), (other, b) in combinations(known, 2)
    ]
    kept = shares[:3].sum()
    shared = float(np.clip(np.mean(together) / kept, 0, 1)) if kept > 0 else 0.0
    return Variances(*np.append(shares / max(1.0, shares.sum()), shared).tolist())


def _agreement(outcomes: Outcomes, wrong: Array) -> Agreement:
    """Products of errors ``(S, N)`` of one system with S seeds, at least 2."""
    seeds = len(wrong)
    whole = np.zeros((1, len(outcomes.subjects)), dtype=np.intp)
    of_subject = np.arange(len(outcomes.subjects))
    levels = [whole[0], outcomes.folds.argmax(axis=0), of_subject]
    groups = [level[outcomes.sample_subject] for level in levels] + [np.arange(wrong.shape[1])]
    same, other, size = [], [], []
    for group in groups:
        counts = np.stack([np.bincount(group, row) for row in wrong])
        same.append((counts**2).sum() / seeds)
        other.append((counts.sum(axis=0) ** 2 - (counts**2).sum(axis=0)).sum())
        size.append(float((np.bincount(group) ** 2).sum()))
    other = [value / (seeds * (seeds - 1)) for value in other]
    # Products within a group of one level, but not within one of the next.
    pairs = -np.diff(size)
    with np.errstate(divide="ignore", invalid="ignore"):
        _, fold_same, subject_same = -np.diff(same) / pairs
        _, fold_other, subject_other = -np.diff(other) / pairs
    # Trainings of different folds are different trainings, whatever their seeds.
    everywhere = wrong.sum(axis=0)
    by_fold = np.bincount(groups[1], everywhere)
    nothing = (everywhere.sum() ** 2 - (by_fold**2).sum()) / (pairs[0] * seeds**2)
    if pairs[1] == 0:
        fold_same = fold_other = nothing
    if pairs[2] == 0:
        subject_same, subject_other = fold_same, fold_other
    pair = other[3] / size[3]
    moments = (nothing, fold_other, fold_same, subject_other, subject_same, pair)
    return Agreement(*map(float, moments))


def _common(outcomes: Outcomes, one: Array, other: Array) -> tuple[float, float]:
    """Products of the errors ``(N,)`` of two systems: of the same pair, and of different folds."""
    fold = outcomes.folds.argmax(axis=0)[outcomes.sample_subject]
    first, second = np.bincount(fold, one), np.bincount(fold, other)
    size = np.bincount(fold)
    apart = (first.sum() * second.sum() - first @ second) / (size.sum() ** 2 - size @ size)
    return float((one * other).mean()), float(apart)


def _linear(agreement: Agreement, error: float) -> Components:
    """Components of the variance of an error; without bias, so that some may be negative."""
    own = _differences(agreement)
    return Components._make((*own, error * (1 - error) - sum(own)))


def _latent(agreement: Agreement) -> Array:
    """The first five of ``Variances``."""
    errors = np.sqrt([agreement.nothing, agreement.nothing])
    levels = [_correlation(product, agreement.nothing, errors) for product in agreement]
    return np.maximum(_differences(Agreement(*levels)), 0)


def _differences(levels: Agreement) -> tuple[float, ...]:
    """What each level adds to those that it contains, in the order of ``Variances``."""
    training_set = levels.training_set - levels.nothing
    subject = levels.subject - levels.training_set
    training = levels.training - levels.training_set
    training_subject = levels.training_subject - levels.subject - training
    return training_set, subject, levels.pair - levels.subject, training, training_subject


def _correlation(product: float, apart: float, errors: Array) -> float:
    """Tetrachoric correlation of two errors, -1 to 1.

    Args:
        product: How often both are wrong.
        apart: The same of predictions that share nothing.
        errors: How often each is wrong, ``(2,)``.
    """
    # The derivative of the probability by the correlation is the bivariate density (Plackett
    # 1954); by the angle whose sine is the correlation it has no pole.
    h, k = -ndtri(errors)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 4003)[1:-1]
    density = np.exp(-(h**2 - 2 * np.sin(angle) * h * k + k**2) / (2 * np.cos(angle) ** 2))
    reached = cumulative_trapezoid(density, angle, initial=0) / (2 * np.pi)
    reached -= reached[len(angle) // 2]  # where the correlation is 0
    return float(np.sin(np.interp(product - apart, reached, angle)))


def _split(outcomes: Outcomes, own: Components, seeds: int) -> tuple[float, ...]:
    """The columns of ``variance_shares`` after the name of the system."""
    subject = np.bincount(outcomes.sample_subject)
    fold = outcomes.folds @ subject
    samples = subject.sum()
    per_fold, per_subject = (fold @ fold) / samples**2, (subject @ subject) / samples**2
    sets = max(0.0, own.training_set * per_fold)
    # A subject whose classes are confused one way or the other has a negative component.
    subjects = max(0.0, own.subject * per_subject + own.pair / samples)
    of_folds = max(0.0, own.training * per_fold / seeds)
    of_subjects = max(0.0, own.training_subject * per_subject + own.chance / samples) / seeds
    trainings = of_folds + of_subjects
    total = sets + subjects + trainings
    if total <= 0:
        return (0.0, *[float("nan")] * 5)
    return (
        float(np.sqrt(total)),
        *(part / total for part in (trainings, sets, subjects)),
        _needed(seeds, trainings, total / 4 - sets - subjects),
        _needed(len(subject), subjects + of_subjects, total / 4 - sets - of_folds),
    )


def _needed(count: int, variance: float, allowed: float) -> float:
    """Number that reduces a variance, inversely proportional to it, to the allowed one."""
    # A count that divides exactly is not rounded up for its last digit.
    return float(np.ceil(count * variance / allowed - 1e-9)) if allowed > 0 else float("nan")
