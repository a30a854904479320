"""From a configuration to finished runs: one network, or many in a pack."""

from posed_spontaneous.training.train import TrainingJob, open_job, train, train_job
from posed_spontaneous.training.work import estimate_work

__all__ = ["TrainingJob", "estimate_work", "open_job", "train", "train_job"]
