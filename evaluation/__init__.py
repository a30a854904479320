"""Figures from predictions: pure functions of tables, usable without the rest."""

from posed_spontaneous.evaluation.intervals import estimate
from posed_spontaneous.evaluation.margins import squash_distances
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.paired_tests import (
    compare,
    corrected_resampled_t,
    every_pair,
    holm,
    mcnemar,
    sign_flip,
    smallest_p,
)
from posed_spontaneous.evaluation.scores import score
from posed_spontaneous.evaluation.tallies import Tallies

__all__ = [
    "Outcomes",
    "Tallies",
    "compare",
    "corrected_resampled_t",
    "estimate",
    "every_pair",
    "holm",
    "mcnemar",
    "score",
    "sign_flip",
    "smallest_p",
    "squash_distances",
]
