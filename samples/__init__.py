"""What is known of each sample: its row of the manifest, its images, the fold that tests it."""

from samples.folds import (
    AcrossDatabases,
    Folds,
    HoldOut,
    InnerFolds,
    LeaveOneSubjectOut,
    SubjectKFold,
)
from samples.manifest import read_manifest
from samples.pairs import Pairs, join_databases, load_pairs

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
