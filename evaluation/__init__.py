"""Metrics, intervals and tests computed from predictions; independent of the other packages."""

from posed_spontaneous.evaluation.between_folds import MIN_FOLDS
from posed_spontaneous.evaluation.intervals import estimate
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.paired_tests import Pair, all_pairs, compare
from posed_spontaneous.evaluation.scores import margins_to_scores, score

__all__ = [
    "MIN_FOLDS",
    "Outcomes",
    "Pair",
    "all_pairs",
    "compare",
    "estimate",
    "margins_to_scores",
    "score",
]
