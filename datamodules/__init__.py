"""From a database to batches of onset/apex pairs in subject-independent folds."""

from datamodules.augmentation import PairAugmentation
from datamodules.pair_datamodule import PairDataModule

__all__ = ["PairAugmentation", "PairDataModule"]
