"""Protocols that do not test every sample: hold-out, folds within a fold, across databases."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from posed_spontaneous.dataset.folds import OUTSIDE, TRAIN_ONLY, Folds, Indices, SubjectKFold
from posed_spontaneous.dataset.manifest import TESTED


@dataclass(frozen=True)
class HoldOut(Folds):
    """One of k parts is tested and the others are only trained on (paper, section 4.3).

    Args:
        k: Number of parts.
        seed: Seed of the random assignment.
    """

    k: int
    seed: int

    @property
    def name(self) -> str:
        return f"holdout{self.k}"

    def assign(self, rows: pd.DataFrame) -> Indices:
        return np.where(SubjectKFold(self.k, self.seed).assign(rows) == 0, 0, TRAIN_ONLY)


@dataclass(frozen=True)
class InnerFolds(Folds):
    """Folds within the training part of one outer fold, for decisions without its test subjects.

    Args:
        outer: The outer protocol.
        fold: Number of its fold.
        inner: The protocol within the training part of that fold.
    """

    outer: Folds
    fold: int
    inner: Folds

    @property
    def name(self) -> str:
        return f"{self.inner.name}-in-{self.outer.name}{self.fold:02d}"

    def assign(self, rows: pd.DataFrame) -> Indices:
        within = self.outer.split(rows, self.fold, validation=0.0, seed=0).train
        folds = np.full(len(rows), OUTSIDE)
        folds[within] = self.inner.assign(rows.iloc[within])
        return folds


class AcrossDatabases(Folds):
    """One fold: one database is tested and the other is only trained on."""

    @property
    def name(self) -> str:
        return "across"

    def assign(self, rows: pd.DataFrame) -> Indices:
        return np.where(rows[TESTED], 0, TRAIN_ONLY)
