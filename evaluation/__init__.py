"""Metrics, intervals and tests computed from predictions; independent of the other packages."""

from posed_spontaneous.evaluation.intervals import estimate
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.paired_tests import Pair, all_pairs, compare, smallest_p
from posed_spontaneous.evaluation.scores import margins_to_scores, score

__all__ = [
    "Outcomes",
    "Pair",
    "all_pairs",
    "compare",
    "estimate",
    "margins_to_scores",
    "score",
    "smallest_p",
]
