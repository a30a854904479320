"""Per-subject statistics from which every metric follows, for any weighting of the subjects.

Each metric is a function of sums over subjects (over pairs of subjects for the AUC). A bootstrap
over subjects is then a product of its weights with these sums, which reads no sample again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.evaluation.outcomes import Outcomes

Array = NDArray[np.float64]

CALIBRATION_BINS = 15


@dataclass(frozen=True, eq=False)
class SubjectStatistics:
    """Statistics of R runs for each of n subjects.

    Args:
        confusions: Samples of each true and predicted class, ``(n, R, C, C)``.
        concordances: Pairs of a positive sample of one subject (first axis) and a negative sample
            of another (last axis) whose scores are in the right order, ties counted as one half,
            ``(n, R, K, n)``. Of two classes the second is positive (K = 1), of more each one
            against the rest (K = C).
        overconfidence: Confidence minus correctness, summed over the samples of each calibration
            bin, ``(n, R, bins)``.
        fold_errors: Wrong samples in each fold, ``(n, R, folds)``.
        fold_sizes: Samples in each fold, ``(n, folds)``.
        fold_shares: One over the number of the fold's subjects, 0 for other subjects,
            ``(n, folds)``.
    """

    confusions: Array
    concordances: Array
    overconfidence: Array
    fold_errors: Array
    fold_sizes: Array
    fold_shares: Array

    @classmethod
    def of(cls, outcomes: Outcomes) -> "SubjectStatistics":
        """Compute the statistics of predictions."""
        fold = np.unique(outcomes.samples["fold"], return_inverse=True)[1]
        fold_errors = _sum_cells(outcomes, outcomes.wrong, fold, fold.max() + 1)
        fold_sizes = _sum_cells(outcomes, np.ones((1, fold.size)), fold, fold.max() + 1)[:, 0]
        return cls(
            confusions=_confusions(outcomes),
            concordances=_concordances(outcomes),
            overconfidence=_overconfidence(outcomes),
            fold_errors=fold_errors,
            fold_sizes=fold_sizes,
            fold_shares=(fold_sizes > 0) / (fold_sizes > 0).sum(axis=0),
        )

    def metrics(self, weights: Array) -> dict[str, Array]:
        """Metrics of each run for each weighting of the subjects.

        A class without samples is excluded from the means over classes; if it is predicted
        nevertheless, its F1 is 0, as in scikit-learn. A fold counts in the mean over folds by the
        mean weight of its subjects: equal weights give the plain mean.

        Args:
            weights: How often each subject counts, ``(B, n)``, at least 0 with a positive sum.

        Returns:
            Each ``(B, R)``: ``error`` and ``fold_mean_error`` (0 to 1), ``balanced_accuracy``,
            ``f1`` (macro, UF1), ``mcc`` (-1 to 1; 0 where undefined), ``auc`` (macro; nan with a
            single class) and ``ece``, the expected calibration error of Guo et al. 2017 (0 to 1).
        """
        confusion = np.tensordot(weights, self.confusions, 1)
        correct = confusion.diagonal(axis1=2, axis2=3)
        actual, predicted = confusion.sum(axis=3), confusion.sum(axis=2)
        samples = actual.sum(axis=2)
        return {
            "error": (samples - correct.sum(axis=2)) / samples,
            "fold_mean_error": self._fold_mean_error(weights),
            "balanced_accuracy": _mean_ratio(correct, actual),
            "f1": _mean_ratio(2 * correct, actual + predicted),
            "mcc": _matthews(correct, actual, predicted),
            "auc": self._auc(weights, actual),
            "ece": np.abs(np.tensordot(weights, self.overconfidence, 1)).sum(axis=2) / samples,
        }

    def _fold_mean_error(self, weights: Array) -> Array:
        # With equal weights of the folds, a fold of one subject that is resampled twice would
        # count once, and the bootstrap would underestimate the variance.
        shares = weights @ self.fold_shares
        per_sample = np.divide(
            shares, weights @ self.fold_sizes, out=np.zeros_like(shares), where=shares > 0
        )
        errors = np.tensordot(weights, self.fold_errors, 1) @ per_sample[..., None]
        mean: Array = errors[..., 0] / shares.sum(axis=1, keepdims=True)
        return mean

    def _auc(self, weights: Array, actual: Array) -> Array:
        of_positives = np.tensordot(weights, self.concordances, 1)
        concordant = (of_positives @ weights[:, None, :, None])[..., 0]
        positives = actual[..., -concordant.shape[2] :]
        return _mean_ratio(concordant, positives * (actual.sum(axis=2, keepdims=True) - positives))


def _confusions(outcomes: Outcomes) -> Array:
    classes = len(outcomes.classes)
    cell = outcomes.targets * classes + outcomes.predicted
    counts = _sum_cells(outcomes, np.ones(cell.shape), cell, classes**2)
    return counts.reshape(*counts.shape[:2], classes, classes)


def _concordances(outcomes: Outcomes) -> Array:
    subjects, classes = len(outcomes.subjects), len(outcomes.classes)
    positives = range(classes) if classes != 2 else [1]
    concordances = np.zeros((subjects, len(outcomes.run_system), len(positives), subjects))
    for number, label in enumerate(positives):
        positive = outcomes.targets == label
        for other in range(subjects):
            negative = ~positive & (outcomes.sample_subject == other)
            scores = np.sort(outcomes.scores[:, negative, label], axis=1)
            for run, score in enumerate(outcomes.scores[:, positive, label]):
                below = scores[run].searchsorted(score, "left")
                not_above = scores[run].searchsorted(score, "right")
                concordances[:, run, number, other] = np.bincount(
                    outcomes.sample_subject[positive], (below + not_above) / 2, subjects
                )
    return concordances


def _overconfidence(outcomes: Outcomes) -> Array:
    confidence = np.take_along_axis(outcomes.scores, outcomes.predicted[..., None], axis=2)[..., 0]
    # Bins include their upper edge, as in Guo et al.; the first one includes 0.
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]
    bins = edges.searchsorted(confidence, "left")
    return _sum_cells(outcomes, confidence - ~outcomes.wrong, bins, CALIBRATION_BINS)


def _sum_cells(
    outcomes: Outcomes, values: NDArray[np.generic], cell: NDArray[np.intp], cells: int
) -> Array:
    """Sum values ``(R, N)`` over the samples of each subject and cell, ``(n, R, cells)``."""
    run = np.arange(len(values))[:, None]
    sums = np.zeros((len(outcomes.subjects), len(values), cells))
    np.add.at(sums, (outcomes.sample_subject, run, cell), values)
    return sums


def _mean_ratio(parts: Array, wholes: Array) -> Array:
    """Mean of parts / wholes over the last axis where the whole is not 0; nan if all are."""
    present = np.broadcast_to(wholes > 0, parts.shape)
    ratios = np.divide(parts, wholes, out=np.zeros_like(parts), where=present)
    with np.errstate(invalid="ignore"):
        mean: Array = ratios.sum(axis=-1) / present.sum(axis=-1)
    return mean


def _matthews(correct: Array, actual: Array, predicted: Array) -> Array:
    samples = actual.sum(axis=2)
    covariance = correct.sum(axis=2) * samples - (actual * predicted).sum(axis=2)
    variances = (samples**2 - (actual**2).sum(axis=2)) * (samples**2 - (predicted**2).sum(axis=2))
    defined = variances > 0
    roots = np.sqrt(variances, out=np.ones_like(variances), where=defined)
    return np.where(defined, np.clip(covariance / roots, -1, 1), 0.0)
