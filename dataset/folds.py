"""Subject-independent folds: pure functions of the manifest's rows and a seed."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, LeaveOneGroupOut, StratifiedGroupKFold

from posed_spontaneous.dataset.manifest import TESTED
from posed_spontaneous.runtime.errors import InputError

Indices = NDArray[np.int64]

TRAIN_ONLY, OUTSIDE = -1, -2
"""In place of a fold's number: rows that no fold tests, and rows that it does not touch at all."""


@dataclass(frozen=True)
class Split:
    """Row numbers of the parts of one fold; a subject stands in one part only."""

    train: Indices
    validation: Indices
    test: Indices
    unused: Indices

    @property
    def named(self) -> dict[str, Indices]:
        """The parts under their names."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def parts(self) -> NDArray[np.str_]:
        """Name of the part that each row stands in, ``(N,)``."""
        names = np.empty(sum(map(len, self.named.values())), dtype="<U10")
        for name, indices in self.named.items():
            names[indices] = name
        return names


class Folds(ABC):
    """A protocol that puts a sample into one test fold at most, whole subjects together."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short name of the protocol, as run folders carry it."""

    @abstractmethod
    def assign(self, rows: pd.DataFrame) -> Indices:
        """Fold of each row, ``(N,)``, numbered from 0; the order of the rows does not matter.

        A row that no fold tests has ``TRAIN_ONLY`` or ``OUTSIDE`` in its place.

        Args:
            rows: Manifest rows, with ``sample_id``, ``subject_id`` and ``label``.

        Raises:
            InputError: If there are too few subjects.
        """

    def count(self, rows: pd.DataFrame) -> int:
        """Number of folds for these rows."""
        return int(self.assign(rows).max()) + 1

    def digest(self, rows: pd.DataFrame) -> str:
        """SHA-256 of which sample is tested in which fold: runs that differ in it don't join."""
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
        """Rows to train on, to validate on and to test on.

        Args:
            rows: Manifest rows.
            fold: Number of the fold to test on.
            validation: Share of the training subjects to hold back, in [0, 1).
            seed: Seed of the draws of subjects.
            training_subjects: How many subjects to train on, the validation's among them; fewer
                are always some of more. None takes all.

        Raises:
            InputError: If there is no such fold, a number of subjects is out of range, or a part
                is left without a class.
        """
        folds = self.assign(rows)
        if fold not in range(int(folds.max()) + 1):
            raise InputError(
                f"fold: got {fold}, expected 0 to {int(folds.max())}: the protocol has "
                f"{int(folds.max()) + 1} folds"
            )
        test = np.flatnonzero(folds == fold)
        train = np.flatnonzero((folds != fold) & (folds != OUTSIDE))
        if training_subjects is not None:
            drawn = draw_subjects(rows["subject_id"].iloc[train], training_subjects, seed)
            train = train[rows["subject_id"].iloc[train].isin(drawn)]
        if not 0 <= validation < 1:
            raise InputError(
                f"datamodule.validation: got {validation}, expected a share of at least 0 and "
                "below 1"
            )
        held_back = np.empty(0, np.int64)
        if validation:
            draw = GroupShuffleSplit(1, test_size=validation, random_state=seed)
            subjects = rows["subject_id"].to_numpy()[train]
            if len(np.unique(subjects)) < 2:
                raise InputError(
                    f"datamodule.validation: got {validation} of 1 training subject, expected at "
                    "least 2 subjects: train on more, or hold none back"
                )
            kept, drawn = next(draw.split(train, groups=subjects))
            train, held_back = train[kept], train[drawn]
        if rows["label"].iloc[train].nunique() < rows["label"].nunique():
            raise InputError(
                f"fold {fold}: the training part has only the labels "
                f"{sorted(rows['label'].iloc[train].unique())}: use fewer folds or more subjects"
            )
        used = np.concatenate([train, held_back, test])
        return Split(train, held_back, test, np.setdiff1d(np.arange(len(rows)), used))


@dataclass(frozen=True)
class SubjectKFold(Folds):
    """K folds over subjects, classes balanced as far as whole subjects allow.

    Args:
        k: Number of folds.
        seed: Seed of the draw.
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
                f"at most {largest} folds: use fewer"
            )
        # Ordered by sample_id, so that a shuffled manifest gives the same folds.
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
    """One fold a subject, in the order of the subjects' names."""

    @property
    def name(self) -> str:
        return "loso"

    def assign(self, rows: pd.DataFrame) -> Indices:
        subjects = rows["subject_id"]
        if subjects.nunique() < 2:
            raise InputError("folds: got 1 subject, expected at least 2: add subjects")
        folds = np.empty(len(rows), np.int64)
        for fold, (_, test) in enumerate(LeaveOneGroupOut().split(rows, groups=subjects)):
            folds[test] = fold
        return folds


@dataclass(frozen=True)
class HoldOut(Folds):
    """One part of k is tested; all else only trains (paper, section 4.3: a fixed test set).

    Args:
        k: Number of parts.
        seed: Seed of the draw.
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
    """Folds within the training part of one fold, whose own test part stays untouched.

    What is compared or chosen here has seen nothing of the outer test subjects.

    Args:
        outer: The protocol around.
        fold: Number of its fold.
        inner: The protocol within that fold's training part.
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
    """Every sample of the database that is only tested; the other one only trains."""

    @property
    def name(self) -> str:
        return "across"

    def assign(self, rows: pd.DataFrame) -> Indices:
        return np.where(rows[TESTED], 0, TRAIN_ONLY)


def draw_subjects(subjects: pd.Series, count: int, seed: int) -> NDArray[np.str_]:
    """Draw distinct subjects so that of two draws with one seed the smaller is in the larger.

    Raises:
        InputError: If there are not that many.
    """
    names = np.unique(subjects.to_numpy(str))
    if not 1 <= count <= len(names):
        raise InputError(
            f"datamodule.training_subjects: got {count}, expected 1 to {len(names)}: the fold has "
            f"{len(names)} training subjects"
        )
    return np.random.default_rng(seed).permutation(names)[:count]


def check_subjects_apart(rows: pd.DataFrame, split: Split) -> None:
    """Stop a run whose parts share a subject or do not cover every row once.

    Raises:
        RuntimeError: If they do; whatever made such a split, nothing may be trained on it.
    """
    parts = split.named
    if not np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(rows))):
        raise RuntimeError("the parts of the fold do not hold every sample exactly once")
    # Whose rows are not used may stand in no other part either: a subject is used whole.
    owners = [(name, set(rows["subject_id"].iloc[indices])) for name, indices in parts.items()]
    for place, (name, subjects) in enumerate(owners):
        for other, others in owners[place + 1 :]:
            if shared := subjects & others:
                raise RuntimeError(f"subjects {sorted(shared)} stand in both {name} and {other}")
