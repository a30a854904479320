"""Figures from predictions: pure functions of tables, usable without the rest."""

from evaluation.scores import by_group, fold_mean, pooled, score

__all__ = ["by_group", "fold_mean", "pooled", "score"]
