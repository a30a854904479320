"""Training around a network: loss, metrics, optimizer, schedule."""

from posed_spontaneous.lightning_modules.pair_classifier import PairClassifier, PairPrediction
from posed_spontaneous.lightning_modules.schedules import constant_rate

__all__ = ["PairClassifier", "PairPrediction", "constant_rate"]
