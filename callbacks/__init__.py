"""What is written or shown while a network trains."""

from posed_spontaneous.callbacks.epoch_progress import EpochProgress
from posed_spontaneous.callbacks.facts_writer import FactsWriter

__all__ = ["EpochProgress", "FactsWriter"]
