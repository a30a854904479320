"""A search of options within the training part of one fold, whose test part it never reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl
from filelock import FileLock, Timeout
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict

from posed_spontaneous.dataset import Folds
from posed_spontaneous.dataset.manifest import TESTED
from posed_spontaneous.runs import RunFolder, add_sources
from posed_spontaneous.runs.searches import SearchCard, SearchFolder
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.files import write_whole
from posed_spontaneous.training.train import TrainingJob, open_job, train_job

if TYPE_CHECKING:
    from posed_spontaneous.training.trials import Best

Compose = Callable[[Mapping[str, Any]], DictConfig]
"""Returns the configuration of ``train.py`` with the given options changed."""


def search(config: DictConfig, compose: Compose) -> Best:
    """Search options within the training part of a fold, or continue the search that is stored.

    The training subjects get a manifest of their own, and every trial trains and tests on folds of
    that manifest. A trial has nothing of a test subject, neither images nor labels.

    Args:
        config: The search's configuration; see ``conf/search.yaml``.
        compose: Composes the configuration of a training.

    Raises:
        InputError: If the configuration or the data are invalid, an option must not be searched,
            Optuna is missing, or another process runs the same search.
    """
    try:
        # An optional package.
        from posed_spontaneous.training.trials import read_space, run_trials
    except ModuleNotFoundError as error:
        raise InputError(
            f"search: the package {error.name} is not installed, expected it: run pip install "
            "'posed-spontaneous[search]'"
        ) from error
    space = read_space(config.space)
    training = compose({})
    for given in ("weights", "ckpt_path"):
        if file := training.get(given):
            raise InputError(
                f"{given}: got {file}, expected none: these weights may have been trained on test "
                "subjects of the fold"
            )
    outer = open_job(training)
    rows = _training_rows(outer)
    card = _describe(config, outer, subjects=rows["subject_id"].nunique())
    stored = SearchFolder(Path(config.paths.runs) / card.folder, card)
    objective = Objective(stored.path, rows, config.inner, compose, card)
    write_whole(objective.manifest, rows.to_parquet(index=False))
    try:
        with FileLock(stored.path / ".lock", timeout=0):
            best = run_trials(config, space, stored, objective.errors, objective.count)
    except Timeout:
        raise InputError(
            f"{stored.path}: another process runs this search: wait until it has ended"
        ) from None
    if config.train_best:
        with open_dict(chosen := compose(best.options)):
            chosen.group = config.group
        # Equal in all folds, although each has options of its own: the folds are one variant.
        choices = {**outer.card.choices, "search": f"{card.label}, {config.trials} trials"}
        searched = replace(outer.card, group=config.group, choices=choices)
        _compute(replace(open_job(chosen), card=searched), _StoreChosen(best.options))
        outer.store.report(searched)
    return best


@dataclass(frozen=True, eq=False)
class Objective:
    """The error of options on folds of the training subjects.

    Args:
        folder: The search's folder.
        rows: Rows of the training subjects.
        protocol: Configuration of the folds.
        compose: Composes the configuration of a training.
        search: The search.
    """

    folder: Path
    rows: pd.DataFrame
    protocol: DictConfig
    compose: Compose
    search: SearchCard

    @property
    def manifest(self) -> Path:
        """The manifest of the training subjects."""
        return self.folder.resolve() / "training.parquet"

    @property
    def count(self) -> int:
        """Number of folds."""
        folds: Folds = instantiate(self.protocol)
        try:
            return folds.count(self.rows)
        except InputError as error:
            raise InputError(f"inner {error}") from None

    def errors(self, options: Mapping[str, Any]) -> Iterator[float]:
        """Train on one fold after the other, and yield the error on all tested samples so far.

        A training that diverges ends the trial with an error of 1.
        """
        config = self.compose(options)
        wrong = tested = 0
        for fold in range(self.count):
            self._configure(config, fold)
            job = open_job(config)
            self._check(job)
            try:
                predictions = _compute(job).predictions()
            except FloatingPointError:
                yield 1.0
                return
            test = predictions[predictions["part"] == "test"]
            wrong += int((test["label"] != test["predicted"]).sum())
            tested += len(test)
            yield wrong / tested

    def _configure(self, config: DictConfig, fold: int) -> None:
        with open_dict(config):
            # Set last, so that no option leads back to the whole database.
            config.fold = fold
            config.datamodule.manifest = str(self.manifest)
            config.datamodule.test_manifest = None
            config.datamodule.folds = OmegaConf.to_container(self.protocol, resolve=True)
            config.datamodule.fold = fold
            config.datamodule.training_subjects = None  # the rows are those of the chosen subjects
            config.role, config.group = "trial", "search"
            config.paths.runs = str(self.folder / "runs")

    def _check(self, job: TrainingJob) -> None:
        foreign = set(job.datamodule.pairs.rows["subject_id"]) - set(self.rows["subject_id"])
        if foreign:
            raise InputError(
                f"datamodule: a trial reads {', '.join(sorted(foreign))}, expected the training "
                f"subjects of fold {self.search.fold} only: read the file datamodule.manifest"
            )
        if job.card.system != self.search.system:
            raise InputError(
                f"space: a trial is the system {job.card.system}, expected {self.search.system}: "
                "search each system separately, such as with -m network=comb1,comb2"
            )


def _training_rows(outer: TrainingJob) -> pd.DataFrame:
    split = outer.datamodule.split
    # With validation subjects, each trial holds out its own.
    known = np.sort(np.concatenate([split.train, split.validation]))
    return outer.datamodule.pairs.rows.iloc[known].drop(columns=TESTED, errors="ignore")


def _compute(job: TrainingJob, *callbacks: pl.Callback) -> RunFolder:
    """The run of a job, trained unless it is stored."""
    if not job.finished:
        train_job(job, callbacks)
    return RunFolder(job.store.folder(job.card), job.card)


def _describe(config: DictConfig, outer: TrainingJob, subjects: int) -> SearchCard:
    method: dict[str, Any] = {
        name: OmegaConf.to_container(config[name], resolve=True)
        for name in ("space", "sampler", "pruner", "inner")
    }
    method = add_sources(method)  # Optuna's version
    return SearchCard(
        study=outer.card.study,
        system=outer.card.system,
        space=config.space_name,
        inner=instantiate(config.inner).name,
        folds=outer.card.folds,
        fold=outer.card.fold,
        seed=outer.card.seed,
        subjects=subjects,
        options=method.pop("space"),
        method=method,
        choices=outer.card.choices,
    )


class _StoreChosen(pl.Callback):
    """Writes the chosen options into the run folder."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = dict(options)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        OmegaConf.save(self._options, Path(trainer.default_root_dir) / "chosen.yaml")
