"""From a configuration to finished runs: one network by itself, or many in a pack."""

from posed_spontaneous.training.alone import train_alone
from posed_spontaneous.training.job import TrainingJob
from posed_spontaneous.training.packing.pack import train_pack
from posed_spontaneous.training.work import estimate_work

__all__ = ["TrainingJob", "estimate_work", "train_alone", "train_pack"]
