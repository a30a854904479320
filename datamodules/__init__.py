"""From a database to batches of onset/apex pairs in subject-independent folds."""

from posed_spontaneous.datamodules.augmentation import PairAugmentation
from posed_spontaneous.datamodules.pair_datamodule import PairDataModule

__all__ = ["PairAugmentation", "PairDataModule"]
