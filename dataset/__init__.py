"""What is known of each sample: its row of the manifest, its images, the fold that tests it."""

from posed_spontaneous.dataset.folds import (
    AcrossDatabases,
    Folds,
    HoldOut,
    InnerFolds,
    LeaveOneSubjectOut,
    SubjectKFold,
)
from posed_spontaneous.dataset.manifest import read_manifest
from posed_spontaneous.dataset.pairs import Pairs, join_databases, load_pairs

__all__ = [
    "AcrossDatabases",
    "Folds",
    "HoldOut",
    "InnerFolds",
    "LeaveOneSubjectOut",
    "Pairs",
    "SubjectKFold",
    "join_databases",
    "load_pairs",
    "read_manifest",
]
