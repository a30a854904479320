"""From a manifest to batches of onset/apex pairs in subject-independent folds."""

from datamodules.augmentation import PairAugmentation
from datamodules.folds import (
    AcrossDatabases,
    Folds,
    HoldOut,
    InnerFolds,
    LeaveOneSubjectOut,
    SubjectKFold,
)
from datamodules.manifest import read_manifest
from datamodules.pair_datamodule import PairDataModule
from datamodules.pairs import Pairs, load_pairs

__all__ = [
    "AcrossDatabases",
    "Folds",
    "HoldOut",
    "InnerFolds",
    "LeaveOneSubjectOut",
    "PairAugmentation",
    "PairDataModule",
    "Pairs",
    "SubjectKFold",
    "load_pairs",
    "read_manifest",
]
