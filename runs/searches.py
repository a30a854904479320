"""Stored searches: the options that were tried within the training part of a fold, and how well."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from posed_spontaneous.runs.card import FORMAT, name_run
from posed_spontaneous.runs.choices import digest_config
from posed_spontaneous.runtime.files import write_whole

SEARCHES, SEARCH, TRIALS = "searches", "search.json", "trials.csv"
OWN_COLUMNS = ("trial", "state", "error", "inner_folds")
"""Columns of the history; the others are the options."""


@dataclass(frozen=True, kw_only=True)
class SearchCard:
    """Identity of one search: two searches with equal cards have the same history.

    Attributes:
        study: The study whose folds are the outer folds.
        system: Name of the system whose options are searched.
        space: Name of the search space.
        inner: Name of the protocol within the training part, such as ``3fold``.
        folds: Number of outer folds.
        fold: The outer fold, whose training part alone was used.
        seed: Seed of the trainings and of the sampler.
        subjects: Number of training subjects of the outer fold.
        options: The searched options with their ranges, as the configuration declares them.
        method: Configuration of the sampler, the pruner and the inner folds, and Optuna's version.
        choices: The choices of the outer run, in which a trial changes the options.
        format: Version of the run folder's format.
    """

    study: str
    system: str
    space: str
    inner: str
    folds: int
    fold: int
    seed: int
    subjects: int
    options: Mapping[str, Any] = field(hash=False)
    method: Mapping[str, Any] = field(hash=False)
    choices: Mapping[str, Any] = field(hash=False)
    format: int = FORMAT

    @property
    def label(self) -> str:
        """The space with a digest of options and method; equal for all systems."""
        return f"{self.space}-{digest_config({'options': self.options, 'method': self.method})}"

    @property
    def name(self) -> str:
        """Name that the searches of a system within all folds share."""
        text = re.sub(r"[^\w@.-]+", "-", f"{self.system}-{self.space}")
        identity = {"label": self.label, "choices": self.choices, "format": self.format}
        return f"{text}-{digest_config(identity)}"

    @property
    def folder(self) -> Path:
        """Path of the search's folder, relative to the root of all runs."""
        return Path(SEARCHES, self.study, self.name, name_run(self.seed, self.fold))


@dataclass(frozen=True)
class SearchFolder:
    """A search, finished or not.

    Args:
        path: Its folder.
        card: Its identity.
    """

    path: Path
    card: SearchCard

    def trials(self) -> pd.DataFrame:
        """One row a trial: ``OWN_COLUMNS``, then each option's value as text.

        ``error`` is the error on the inner folds, 0 to 1; ``state`` is ``complete`` or ``pruned``.
        """
        types = {"trial": int, "error": float, "inner_folds": int}
        columns = pd.read_csv(self.path / TRIALS, nrows=0).columns
        return pd.read_csv(
            self.path / TRIALS,
            dtype={column: types.get(column, str) for column in columns},
            keep_default_na=False,
        )

    def write(self, trials: pd.DataFrame) -> None:
        """Write the card and the trials so far."""
        card = json.dumps(asdict(self.card), indent=2, default=str) + "\n"
        write_whole(self.path / TRIALS, trials.to_csv(index=False).encode())
        write_whole(self.path / SEARCH, card.encode())


def find_searches(root: Path) -> list[SearchFolder]:
    """Every search below the root of all runs that has the current format, ordered by path."""
    searches = []
    for file in sorted(root.glob(f"{SEARCHES}/*/*/*/{SEARCH}")):
        content = json.loads(file.read_text())
        if content.get("format") == FORMAT:
            searches.append(SearchFolder(file.parent, SearchCard(**content)))
    return searches


def format_value(value: Any) -> str:
    """An option's value as Hydra reads it: ``null``, ``true``, ``0.001``, ``[5,5,3]``."""
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))
