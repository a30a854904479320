"""Figures from predictions: pure functions of tables, usable without the rest."""

from evaluation.scores import fold_mean, pooled, score

__all__ = ["fold_mean", "pooled", "score"]
