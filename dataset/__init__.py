"""The samples of an experiment: the manifest, the pairs of images and the folds."""

from posed_spontaneous.dataset.folds import Folds, LeaveOneSubjectOut, SubjectKFold
from posed_spontaneous.dataset.manifest import read_manifest
from posed_spontaneous.dataset.pairs import Pairs, load_pairs
from posed_spontaneous.dataset.partial_folds import AcrossDatabases, HoldOut, InnerFolds

__all__ = [
    "AcrossDatabases",
    "Folds",
    "HoldOut",
    "InnerFolds",
    "LeaveOneSubjectOut",
    "Pairs",
    "SubjectKFold",
    "load_pairs",
    "read_manifest",
]
