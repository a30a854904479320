"""What is written or shown while a network trains."""

from callbacks.epoch_progress import EpochProgress
from callbacks.facts_writer import FactsWriter

__all__ = ["EpochProgress", "FactsWriter"]
