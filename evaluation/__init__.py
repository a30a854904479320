"""Metrics, intervals and tests computed from predictions; independent of the other packages."""

from posed_spontaneous.evaluation.intervals import estimate
from posed_spontaneous.evaluation.margins import margins_to_scores
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.paired_tests import (
    all_pairs,
    compare,
    corrected_resampled_t,
    holm,
    mcnemar,
    sign_flip,
    smallest_p,
)
from posed_spontaneous.evaluation.scores import score
from posed_spontaneous.evaluation.subject_statistics import SubjectStatistics

__all__ = [
    "Outcomes",
    "SubjectStatistics",
    "all_pairs",
    "compare",
    "corrected_resampled_t",
    "estimate",
    "holm",
    "margins_to_scores",
    "mcnemar",
    "score",
    "sign_flip",
    "smallest_p",
]
