"""Subject-independent folds, as functions of the manifest and a seed."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

from posed_spontaneous.runtime.errors import InputError

Indices = NDArray[np.int64]

TRAIN_ONLY, OUTSIDE = -1, -2
"""Numbers in place of a fold: rows that are never tested, and rows that are not used at all."""


@dataclass(frozen=True)
class Split:
    """Row numbers of the parts of one fold; each subject is in one part only."""

    train: Indices
    validation: Indices
    test: Indices
    unused: Indices

    @property
    def parts(self) -> NDArray[np.str_]:
        """Name of the part that contains each row, ``(N,)``."""
        names = np.empty(sum(map(len, vars(self).values())), dtype="<U10")
        for name, rows in vars(self).items():
            names[rows] = name
        return names


class Folds(ABC):
    """A protocol: it assigns each sample to at most one test fold, with subjects kept whole."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short name of the protocol, which is part of the names of run folders."""

    @abstractmethod
    def assign(self, rows: pd.DataFrame) -> Indices:
        """Return the fold of each row, ``(N,)``, counted from 0, whatever the order of the rows.

        Rows that are not tested have ``TRAIN_ONLY`` or ``OUTSIDE`` instead.

        Args:
            rows: Manifest rows, with ``sample_id``, ``subject_id`` and ``label``.

        Raises:
            InputError: If there are too few subjects or samples.
        """

    def count(self, rows: pd.DataFrame) -> int:
        """Return the number of folds for these rows."""
        return int(self.assign(rows).max()) + 1

    def digest(self, rows: pd.DataFrame) -> str:
        """Return the SHA-256 of the test fold of each sample; runs of one study share it."""
        table = pd.DataFrame({"sample_id": rows["sample_id"], "fold": self.assign(rows)})
        table = table.sort_values("sample_id")
        return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()

    def split(
        self,
        rows: pd.DataFrame,
        fold: int,
        *,
        validation: float,
        seed: int,
        training_subjects: int | None = None,
    ) -> Split:
        """Return the training, validation and test rows of a fold.

        Args:
            rows: Manifest rows.
            fold: Number of the fold to test on.
            validation: Share of the training subjects held out for validation, in [0, 1).
            seed: Seed of the random selection of subjects.
            training_subjects: Number of subjects to use for training and validation. With the
                same seed, fewer subjects are a subset of more. None uses all.

        Raises:
            InputError: If there is no such fold, a number of subjects is out of range, or the
                training part lacks a class.
        """
        folds = self.assign(rows)
        count = int(folds.max()) + 1
        if fold not in range(count):
            raise InputError(
                f"fold: got {fold}, expected 0 to {count - 1}: the protocol has {count} folds"
            )
        test = np.flatnonzero(folds == fold)
        train = np.flatnonzero((folds != fold) & (folds != OUTSIDE))
        subjects = rows["subject_id"].to_numpy()
        if training_subjects is not None:
            names = np.unique(subjects[train].astype(str))
            if not 1 <= training_subjects <= len(names):
                raise InputError(
                    f"datamodule.training_subjects: got {training_subjects}, expected 1 to "
                    f"{len(names)}: the fold has {len(names)} training subjects"
                )
            chosen = np.random.default_rng(seed).permutation(names)[:training_subjects]
            train = train[np.isin(subjects[train].astype(str), chosen)]
        if not 0 <= validation < 1:
            raise InputError(
                f"datamodule.validation: got {validation}, expected a share of at least 0 and "
                "below 1"
            )
        held_out = np.empty(0, np.int64)
        if validation:
            if len(np.unique(subjects[train])) < 2:
                raise InputError(
                    f"datamodule.validation: got {validation} of 1 training subject, expected at "
                    "least 2 subjects: use more training subjects, or set it to 0"
                )
            shuffle = GroupShuffleSplit(1, test_size=validation, random_state=seed)
            kept, chosen = next(shuffle.split(train, groups=subjects[train]))
            train, held_out = train[kept], train[chosen]
        labels = rows["label"].iloc[train].unique()
        if len(labels) < rows["label"].nunique():
            raise InputError(
                f"fold {fold}: the training part has only the labels {sorted(labels)}, expected "
                "all: use fewer folds or more subjects"
            )
        used = np.concatenate([train, held_out, test])
        return Split(train, held_out, test, np.setdiff1d(np.arange(len(rows)), used))


@dataclass(frozen=True)
class SubjectKFold(Folds):
    """K folds over subjects, with the classes balanced as well as whole subjects allow.

    Args:
        k: Number of folds.
        seed: Seed of the random assignment.
    """

    k: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.k}fold"

    def assign(self, rows: pd.DataFrame) -> Indices:
        subjects = rows["subject_id"].nunique()
        if not 2 <= self.k <= subjects:
            raise InputError(
                f"folds.k: got {self.k} folds for {subjects} subjects, expected 2 to {subjects}: "
                "use fewer folds, or folds=loso"
            )
        largest = int(rows["label"].value_counts().max())
        if largest < self.k:
            raise InputError(
                f"folds.k: got {self.k} folds for classes of at most {largest} samples, expected "
                f"at most {largest}: use fewer folds"
            )
        # Sorted by sample_id, so that a shuffled manifest gives the same folds.
        order = rows["sample_id"].to_numpy().argsort()
        ordered = rows.iloc[order]
        splitter = StratifiedGroupKFold(self.k, shuffle=True, random_state=self.seed)
        folds = np.empty(len(rows), np.int64)
        parts = splitter.split(ordered, ordered["label"], ordered["subject_id"])
        for fold, (_, test) in enumerate(parts):
            folds[order[test]] = fold
        return folds


@dataclass(frozen=True)
class LeaveOneSubjectOut(Folds):
    """One fold per subject, in the order of the subjects' names."""

    @property
    def name(self) -> str:
        return "loso"

    def assign(self, rows: pd.DataFrame) -> Indices:
        subjects, folds = np.unique(rows["subject_id"].to_numpy(), return_inverse=True)
        if len(subjects) < 2:
            raise InputError("folds: got 1 subject, expected at least 2: add subjects")
        return folds


def check_disjoint_subjects(rows: pd.DataFrame, split: Split) -> None:
    """Check that the parts contain each row exactly once and share no subject.

    Raises:
        RuntimeError: If they do not; a protocol with such a split must not be used.
    """
    covered = np.sort(np.concatenate(list(vars(split).values())))
    if not np.array_equal(covered, np.arange(len(rows))):
        raise RuntimeError("the parts of the fold do not contain every sample exactly once")
    parts = pd.Series(split.parts).groupby(rows["subject_id"].to_numpy()).unique()
    shared = parts[parts.str.len() > 1]
    if len(shared):
        names = ", ".join(sorted({part for several in shared for part in several}))
        raise RuntimeError(f"subjects {list(shared.index)} are in more than one part: {names}")
