"""Per-subject tallies from which every figure follows, for any weighting of the subjects.

Each figure is a function of sums over subjects (of pairs of subjects for the AUC). A bootstrap
over subjects is then a product of its weights with these sums, and no sample is read twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.evaluation.outcomes import Outcomes

Array = NDArray[np.float64]

CALIBRATION_BINS = 15


@dataclass(frozen=True, eq=False)
class Tallies:
    """What R runs got right and wrong on each of n subjects.

    Args:
        confusions: Samples of each true and predicted class, ``(n, R, C, C)``.
        concordances: Pairs of a positive of one subject and a negative of another whose scores
            stand in the right order, ties counting half, ``(n, R, K, n)``: the positives'
            subject first. Of two classes the second is positive (K = 1), of more each one
            against the rest (K = C).
        overconfidence: Sum of confidence less correctness over the samples of each calibration
            bin, ``(n, R, bins)``.
        fold_errors: Wrong samples in each fold, ``(n, R, folds)``.
        fold_sizes: Samples in each fold, ``(n, folds)``.
        fold_shares: One over the fold's subjects for those, else 0, ``(n, folds)``.
    """

    confusions: Array
    concordances: Array
    overconfidence: Array
    fold_errors: Array
    fold_sizes: Array
    fold_shares: Array

    @classmethod
    def of(cls, outcomes: Outcomes) -> "Tallies":
        """Count what the figures need."""
        fold = np.unique(outcomes.samples["fold"], return_inverse=True)[1]
        fold_errors = _sum_cells(outcomes, outcomes.wrong, fold, fold.max() + 1)
        fold_sizes = _sum_cells(outcomes, np.ones((1, fold.size)), fold, fold.max() + 1)[:, 0]
        return cls(
            confusions=_count_confusions(outcomes),
            concordances=_count_concordances(outcomes),
            overconfidence=_sum_overconfidence(outcomes),
            fold_errors=fold_errors,
            fold_sizes=fold_sizes,
            fold_shares=(fold_sizes > 0) / (fold_sizes > 0).sum(axis=0),
        )

    def figures(self, weights: Array) -> dict[str, Array]:
        """Figures of each run under each weighting of the subjects.

        A class that a weighting leaves without samples is left out of the means over classes;
        if it is predicted all the same its F1 is 0, as in scikit-learn. A fold counts in the
        mean over folds by the mean weight of its subjects: at equal weights each counts alike.

        Args:
            weights: How often each subject counts, ``(B, n)``, at least 0 with a positive sum.

        Returns:
            Each ``(B, R)``: ``error`` and ``fold_mean_error`` (0 to 1), ``balanced_accuracy``,
            ``f1`` (macro, UF1), ``mcc`` (-1 to 1; 0 where it is undefined), ``auc`` (macro; nan
            where one class is left alone) and ``ece``, the expected calibration error of Guo et
            al. 2017 (0 to 1).
        """
        confusion = np.tensordot(weights, self.confusions, 1)
        hits = confusion.diagonal(axis1=2, axis2=3)
        actual, said = confusion.sum(axis=3), confusion.sum(axis=2)
        samples = actual.sum(axis=2)
        return {
            "error": (samples - hits.sum(axis=2)) / samples,
            "fold_mean_error": self._fold_mean_error(weights),
            "balanced_accuracy": _mean_ratio(hits, actual),
            "f1": _mean_ratio(2 * hits, actual + said),
            "mcc": _matthews(hits, actual, said),
            "auc": self._auc(weights, actual),
            "ece": np.abs(np.tensordot(weights, self.overconfidence, 1)).sum(axis=2) / samples,
        }

    def _fold_mean_error(self, weights: Array) -> Array:
        # A fold counts by how often its subjects do. Were all folds to count alike, a subject
        # alone in its fold and drawn twice would count once, and the bootstrap vary too little.
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


def _count_confusions(outcomes: Outcomes) -> Array:
    classes = len(outcomes.classes)
    cell = outcomes.truth * classes + outcomes.predicted
    counts = _sum_cells(outcomes, np.ones(cell.shape), cell, classes**2)
    return counts.reshape(*counts.shape[:2], classes, classes)


def _count_concordances(outcomes: Outcomes) -> Array:
    subjects, classes = len(outcomes.subjects), len(outcomes.classes)
    positives = range(classes) if classes != 2 else [1]
    shape = subjects, len(outcomes.system), len(positives), subjects
    concordances = np.zeros(shape)
    for number, positive in enumerate(positives):
        mine = outcomes.truth == positive
        for other in range(subjects):
            theirs = ~mine & (outcomes.subject == other)
            scores = np.sort(outcomes.scores[:, theirs, positive], axis=1)
            for run, score in enumerate(outcomes.scores[:, mine, positive]):
                below = scores[run].searchsorted(score, "left")
                not_above = scores[run].searchsorted(score, "right")
                concordances[:, run, number, other] = np.bincount(
                    outcomes.subject[mine], (below + not_above) / 2, subjects
                )
    return concordances


def _sum_overconfidence(outcomes: Outcomes) -> Array:
    confidence = np.take_along_axis(outcomes.scores, outcomes.predicted[..., None], axis=2)[..., 0]
    # Bins are closed above, as in Guo et al.; a score of 0 stands in the first.
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1]
    bins = edges.searchsorted(confidence, "left")
    return _sum_cells(outcomes, confidence - ~outcomes.wrong, bins, CALIBRATION_BINS)


def _sum_cells(
    outcomes: Outcomes, values: NDArray[np.generic], cell: NDArray[np.intp], cells: int
) -> Array:
    """Sums of values ``(R, N)`` over each subject's samples in each cell, ``(n, R, cells)``."""
    run = np.arange(len(values))[:, None]
    sums = np.zeros((len(outcomes.subjects), len(values), cells))
    np.add.at(sums, (outcomes.subject, run, cell), values)
    return sums


def _mean_ratio(parts: Array, wholes: Array) -> Array:
    """Mean over the last axis of parts / wholes where there is a whole; nan where none is."""
    present = np.broadcast_to(wholes > 0, parts.shape)
    ratios = np.divide(parts, wholes, out=np.zeros_like(parts), where=present)
    with np.errstate(invalid="ignore"):
        mean: Array = ratios.sum(axis=-1) / present.sum(axis=-1)
    return mean


def _matthews(hits: Array, actual: Array, said: Array) -> Array:
    samples = actual.sum(axis=2)
    agreement = hits.sum(axis=2) * samples - (actual * said).sum(axis=2)
    spread = (samples**2 - (actual**2).sum(axis=2)) * (samples**2 - (said**2).sum(axis=2))
    defined = spread > 0
    roots = np.sqrt(spread, out=np.ones_like(spread), where=defined)
    return np.where(defined, np.clip(agreement / roots, -1, 1), 0.0)
