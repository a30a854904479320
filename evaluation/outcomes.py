"""Predictions of many runs for the same test samples, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SAMPLE = ["sample_id", "subject_id", "label", "fold"]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """R runs on the same N samples. A run here is one system with one seed over all folds.

    Args:
        classes: Names of the C classes.
        systems: Names of the S systems.
        run_system: System of each run, ``(R,)``, indices into ``systems``.
        run_seed: Seed of each run, ``(R,)``.
        samples: ``sample_id, subject_id, label, fold`` of the N samples, ordered by sample_id.
        predicted: Predicted classes, ``(R, N)``, indices into ``classes``.
        scores: Score of each class, ``(R, N, C)``, 0 to 1.
    """

    classes: tuple[str, ...]
    systems: tuple[str, ...]
    run_system: NDArray[np.intp]
    run_seed: NDArray[np.int64]
    samples: pd.DataFrame
    predicted: NDArray[np.intp]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, predictions: pd.DataFrame, classes: Sequence[str]) -> "Outcomes":
        """Arrange the test rows of many runs by sample_id.

        Args:
            predictions: Test rows with ``variant`` (the system), ``seed``, ``predicted``,
                ``score_<class>`` and the columns of ``samples``. Systems keep the order of their
                first rows; each may have other seeds.
            classes: Names of the classes.

        Raises:
            ValueError: If a variant and seed has other samples than the first one, a sample
                twice, or a sample with another label, subject or fold; if a label is not a class.
        """
        system, systems = pd.factorize(predictions["variant"])
        sample, sample_ids = pd.factorize(predictions["sample_id"], sort=True)
        keys = pd.DataFrame({"system": system, "seed": predictions["seed"].to_numpy()})
        run = keys.groupby(["system", "seed"]).ngroup().to_numpy()
        runs = keys.drop_duplicates().sort_values(["system", "seed"]).to_numpy()
        names = [f"variant {systems[number]}, seed {seed}" for number, seed in runs]
        shape = len(runs), len(sample_ids)

        counts = np.bincount(run * shape[1] + sample, minlength=shape[0] * shape[1]).reshape(shape)
        _refuse(counts > 1, names, "a sample has two predictions, expected one")
        _refuse(counts != counts[0], names, f"expected the samples of {names[0]}")
        rows = predictions.iloc[np.lexsort((sample, run))]
        for column in SAMPLE:
            values = rows[column].to_numpy().reshape(shape)
            _refuse(values != values[0], names, f"{column} of a sample differs from {names[0]}")
        scores = rows[[f"score_{name}" for name in classes]].to_numpy(dtype=np.float64)
        return cls(
            classes=tuple(classes),
            systems=tuple(systems),
            run_system=runs[:, 0].astype(np.intp),
            run_seed=runs[:, 1].astype(np.int64),
            samples=rows[: shape[1]][SAMPLE].reset_index(drop=True),
            predicted=_codes(rows["predicted"], classes).reshape(shape),
            scores=scores.reshape(*shape, len(classes)),
        )

    @cached_property
    def targets(self) -> NDArray[np.intp]:
        """True class of each sample, ``(N,)``, indices into ``classes``."""
        return _codes(self.samples["label"], self.classes)

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether each prediction is wrong, ``(R, N)``."""
        wrong: NDArray[np.bool_] = self.predicted != self.targets
        return wrong

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Names of the subjects, sorted."""
        return tuple(sorted(self.samples["subject_id"].unique()))

    @cached_property
    def sample_subject(self) -> NDArray[np.intp]:
        """Subject of each sample, ``(N,)``, indices into ``subjects``."""
        return _codes(self.samples["subject_id"], self.subjects)

    @cached_property
    def folds(self) -> NDArray[np.float64]:
        """Whether each of the K folds tests each subject, ``(K, subjects)``, 0 or 1."""
        fold = np.unique(self.samples["fold"], return_inverse=True)[1]
        tested = np.zeros((fold.max() + 1, len(self.subjects)))
        tested[fold, self.sample_subject] = 1
        return tested

    def runs_of(self, system: str) -> NDArray[np.intp]:
        """Indices of a system's runs, the lowest seed first."""
        return np.flatnonzero(self.run_system == self.systems.index(system))

    def average_seeds(self, values: NDArray[np.number]) -> NDArray[np.float64]:
        """Means over each system's seeds: ``(..., R)`` to ``(..., S)``."""
        member = self.run_system[:, None] == np.arange(len(self.systems))
        means: NDArray[np.float64] = values @ member / member.sum(axis=0)
        return means


def _codes(values: pd.Series, names: Sequence[str]) -> NDArray[np.intp]:
    codes = pd.Index(names).get_indexer(pd.Index(values))
    if (codes < 0).any():
        raise ValueError(f"{values[codes < 0].iloc[0]!r} is not one of {', '.join(names)}")
    return codes


def _refuse(invalid: NDArray[np.bool_], names: Sequence[str], reason: str) -> None:
    """Raise for the first run with an invalid column of ``(R, N)``."""
    if invalid.any():
        raise ValueError(f"{names[int(invalid.any(axis=1).argmax())]}: {reason}")
