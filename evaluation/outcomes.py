"""What many runs said of the same test samples, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SAMPLE = ["sample_id", "subject_id", "label", "fold"]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """R runs, each one system with one seed over all folds, on the same N samples.

    Args:
        classes: Names of the C classes.
        systems: Names of the S systems.
        system: Each run's system, ``(R,)``, an index into ``systems``.
        seed: Each run's seed, ``(R,)``.
        samples: ``sample_id, subject_id, label, fold`` of the N samples, ordered by sample_id.
        predicted: Class that each run gave each sample, ``(R, N)``, indices into ``classes``.
        scores: Score of each class, ``(R, N, C)``, 0 to 1.
    """

    classes: tuple[str, ...]
    systems: tuple[str, ...]
    system: NDArray[np.intp]
    seed: NDArray[np.int64]
    samples: pd.DataFrame
    predicted: NDArray[np.intp]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, predictions: pd.DataFrame, classes: Sequence[str]) -> "Outcomes":
        """Arrange the test rows of many runs; rows are told apart by sample_id alone.

        Args:
            predictions: Test rows with ``variant`` (the system), ``seed``, ``fold``,
                ``sample_id``, ``subject_id``, ``label``, ``predicted`` and ``score_<class>``.
                Systems keep the order in which they first appear; each may have its own seeds.
            classes: Names of the classes.

        Raises:
            ValueError: If a variant's seed has other samples than the first run, a sample twice,
                or a sample with another label, subject or fold; if a label is no class.
        """
        system, systems = pd.factorize(predictions["variant"])
        sample, sample_ids = pd.factorize(predictions["sample_id"], sort=True)
        keys = pd.DataFrame({"system": system, "seed": predictions["seed"].to_numpy()})
        run = keys.groupby(["system", "seed"]).ngroup().to_numpy()
        runs = keys.drop_duplicates().sort_values(["system", "seed"]).to_numpy()
        names = [f"variant {systems[number]}, seed {seed}" for number, seed in runs]
        shape = len(runs), len(sample_ids)

        times = np.bincount(run * shape[1] + sample, minlength=shape[0] * shape[1]).reshape(shape)
        _refuse(times > 1, names, "a sample stands twice")
        _refuse(times != times[0], names, f"not the samples of {names[0]}")
        rows = predictions.iloc[np.lexsort((sample, run))]
        samples = rows[: shape[1]][SAMPLE].reset_index(drop=True)
        for column in SAMPLE:
            values = rows[column].to_numpy().reshape(shape)
            _refuse(values != values[0], names, f"a sample's {column} is not that of {names[0]}")
        return cls(
            classes=tuple(classes),
            systems=tuple(systems),
            system=runs[:, 0].astype(np.intp),
            seed=runs[:, 1].astype(np.int64),
            samples=samples,
            predicted=_codes(rows["predicted"], classes).reshape(shape),
            scores=rows[[f"score_{name}" for name in classes]]
            .to_numpy(dtype=np.float64)
            .reshape(*shape, len(classes)),
        )

    @cached_property
    def truth(self) -> NDArray[np.intp]:
        """Class of each sample, ``(N,)``, indices into ``classes``."""
        return _codes(self.samples["label"], self.classes)

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Where a run errs, ``(R, N)``."""
        wrong: NDArray[np.bool_] = self.predicted != self.truth
        return wrong

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Names of the subjects, sorted."""
        return tuple(sorted(self.samples["subject_id"].unique()))

    @cached_property
    def subject(self) -> NDArray[np.intp]:
        """Subject of each sample, ``(N,)``, indices into ``subjects``."""
        return _codes(self.samples["subject_id"], self.subjects)

    def seed_means(self, values: NDArray[np.number]) -> NDArray[np.float64]:
        """Means over each system's seeds of values of the runs: ``(..., R)`` to ``(..., S)``."""
        member = self.system[:, None] == np.arange(len(self.systems))
        means: NDArray[np.float64] = values @ member / member.sum(axis=0)
        return means


def _codes(values: pd.Series, names: Sequence[str]) -> NDArray[np.intp]:
    codes = pd.Index(names).get_indexer(pd.Index(values))
    if (codes < 0).any():
        raise ValueError(f"{values[codes < 0].iloc[0]!r} is not among {', '.join(names)}")
    return codes


def _refuse(faulty: NDArray[np.bool_], names: Sequence[str], reason: str) -> None:
    """Name the first run that has a fault in any column of ``(R, N)``."""
    if faulty.any():
        raise ValueError(f"{names[int(faulty.any(axis=1).argmax())]}: {reason}")
