"""Figures from predictions: pure functions of tables, usable without the rest."""

from evaluation.intervals import estimate
from evaluation.margins import squash_distances
from evaluation.outcomes import Outcomes
from evaluation.paired_tests import (
    compare,
    corrected_resampled_t,
    every_pair,
    holm,
    mcnemar,
    sign_flip,
    smallest_p,
)
from evaluation.scores import score
from evaluation.tallies import Tallies

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
