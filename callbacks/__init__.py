"""What is written or shown while a network trains."""

from posed_spontaneous.callbacks.best_checkpoint import best_checkpoint
from posed_spontaneous.callbacks.epoch_progress import EpochProgress
from posed_spontaneous.callbacks.prediction_writer import PredictionWriter

__all__ = ["EpochProgress", "PredictionWriter", "best_checkpoint"]
