"""The samples of an experiment: the manifest, the pairs of images and the folds."""

from posed_spontaneous.dataset.folds import (
    Folds,
    HoldOut,
    InnerFolds,
    LeaveOneSubjectOut,
    SubjectKFold,
)
from posed_spontaneous.dataset.manifest import read_manifest
from posed_spontaneous.dataset.pairs import Pairs, load_pairs

__all__ = [
    "Folds",
    "HoldOut",
    "InnerFolds",
    "LeaveOneSubjectOut",
    "Pairs",
    "SubjectKFold",
    "load_pairs",
    "read_manifest",
]
