"""Training around a network: loss, metrics, optimiser, schedule."""

from lightning_modules.packed_classifier import PackedClassifier
from lightning_modules.pair_classifier import PairClassifier, PairPrediction
from lightning_modules.schedules import constant_rate

__all__ = ["PackedClassifier", "PairClassifier", "PairPrediction", "constant_rate"]
