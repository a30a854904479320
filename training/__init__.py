"""From a configuration to finished runs: one network by itself, or many in a pack."""

from training.alone import train_alone
from training.job import TrainingJob
from training.pack import train_pack
from training.work import estimate_work

__all__ = ["TrainingJob", "estimate_work", "train_alone", "train_pack"]
