"""A search sees training subjects of its outer fold only, whatever the database holds besides."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import pandas as pd
import pytest
from filelock import FileLock
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from posed_spontaneous import datamodules
from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.runs import SearchFolder, find_runs, find_searches
from posed_spontaneous.runs.searches import format_value
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.ensembles import find_ensembles
from posed_spontaneous.training import TrainingJob, train_job
from posed_spontaneous.training import search as searching
from posed_spontaneous.training.search import search

from ..conftest import ROOT
from ..drawn_faces import draw_database


def compose_config(name: str, *overrides: str) -> DictConfig:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose(name, list(overrides))


def run_search(
    root: Path,
    training: list[str],
    *own: str,
    options: Mapping[str, Any] | None = None,
) -> SearchFolder:
    """Search in this process, with the overrides of training and those of the search."""
    training = [*training, f"paths.runs={root}"]
    config = compose_config("search", *training, "space_name=test", "inner.k=2", "trials=2", *own)
    if options is not None:
        config.space = options

    def compose_training(options: Mapping[str, Any]) -> DictConfig:
        changed = [f"{name}={format_value(value)}" for name, value in options.items()]
        return compose_config("train", *training, *changed)

    search(config, compose_training)
    return find_searches(root)[-1]


LEARNING_RATE = {
    "optimizer.lr": {
        "_target_": "optuna.distributions.FloatDistribution", "low": 1e-3, "high": 1.0, "log": True,
    },
    "augmentation": {
        "_target_": "optuna.distributions.CategoricalDistribution", "choices": ["none", "mild"],
    },
}  # fmt: skip


@pytest.fixture
def usual(narrow: list[str]) -> list[str]:
    """Overrides for one-second trainings on leave-one-subject-out folds, without a database."""
    return [*narrow, "data=manifest", "data.name=drawn", "folds=loso", "datamodule.batch_size=8"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A drawn database that a test may change."""
    return draw_database(tmp_path / "database", subjects=4, samples=2)


def change_subjects(manifest: Path, subjects: str) -> None:
    """Swap the labels of some subjects, and blur their apex images."""
    rows = pd.read_csv(manifest)
    own = rows["subject_id"].str.fullmatch(subjects)
    swapped = rows["label"].map({"posed": "spontaneous", "spontaneous": "posed"})
    rows["label"] = rows["label"].mask(own, swapped)
    rows.to_csv(manifest, index=False)
    for name in rows.loc[own, "apex_path"]:
        file = str(manifest.parent / name)
        cv2.imwrite(file, cv2.blur(cv2.imread(file, cv2.IMREAD_GRAYSCALE), (9, 9)))


def read_files(found: SearchFolder) -> dict[str, bytes]:
    """The history, the training manifest, and what all trainings have predicted."""
    files = {
        str(run.path.relative_to(found.path)): run.predictions().to_csv().encode()
        for run in find_runs(found.path / "runs")
    }
    for name in ("trials.csv", "training.parquet"):
        files[name] = (found.path / name).read_bytes()
    return files


def test_test_subjects_change_nothing_in_a_search(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    """Byte for byte; the change of a training subject shows that a difference would be seen."""

    def run(name: str) -> SearchFolder:
        given = [*usual, f"data.path={database}", "fold=1"]
        return run_search(tmp_path / name, given, options=LEARNING_RATE)

    before = run("before")
    change_subjects(database, "s01")
    after = run("after")
    assert after.card.study != before.card.study
    assert read_files(after) == read_files(before)
    assert sum("predictions" not in name for name in read_files(after)) == 2 * 2 + 2
    change_subjects(database, "s02")
    assert read_files(run("trained"))["trials.csv"] != read_files(before)["trials.csv"]


def test_no_trial_has_a_test_subject(database: Path, usual: list[str], tmp_path: Path) -> None:
    given = [*usual, f"data.path={database}", "fold=1"]
    found = run_search(tmp_path / "runs", given, options=LEARNING_RATE)
    runs = find_runs(found.path / "runs")
    assert len(runs) == 2 * 2
    for run in runs:
        assert set(run.predictions()["subject_id"]) == {"s00", "s02", "s03"}
        assert run.card.role == "trial"
    assert found.card.subjects == 3
    # Each tests every training subject once.
    tested = pd.concat([run.predictions().query("part == 'test'") for run in runs])
    assert set(tested["sample_id"].value_counts()) == {2}


def test_the_database_that_is_tested_changes_nothing_in_a_search(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    abroad = draw_database(tmp_path / "abroad", subjects=3, samples=2, seed=1)
    given = [*usual, f"data.path={database}", f"data.test={abroad}", "folds=kfold"]
    before = run_search(tmp_path / "before", given, options=LEARNING_RATE)
    change_subjects(abroad, "s.*")
    after = run_search(tmp_path / "after", given, options=LEARNING_RATE)
    assert after.card.study != before.card.study
    assert read_files(after) == read_files(before)


def test_the_error_is_that_of_the_inner_folds(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    given = [*usual, f"data.path={database}"]
    found = run_search(tmp_path / "runs", given, options=LEARNING_RATE)
    for trial in found.trials().to_dict("records"):
        tested = pd.concat(
            run.predictions().query("part == 'test'")
            for run in find_runs(found.path / "runs")
            if f"{run.config().optimizer.lr}" == trial["optimizer.lr"]
        )
        assert len(tested) == 3 * 4
        assert trial["error"] == pytest.approx((tested["label"] != tested["predicted"]).mean())


def test_the_best_options_of_all_folds_are_one_row(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    root = tmp_path / "runs"
    for fold in (0, 1):
        given = [*usual, f"data.path={database}", f"fold={fold}"]
        run_search(root, given, options=LEARNING_RATE)
    runs = find_runs(root)
    assert [(run.card.role, run.card.group, run.card.fold) for run in runs] == [
        ("row", "searched", 0), ("row", "searched", 1),
    ]  # fmt: skip
    assert len({run.card.variant for run in runs}) == 1
    for run, found in zip(runs, find_searches(root), strict=True):
        trials = found.trials()
        best = trials.loc[trials["error"].idxmin()]
        assert f"{run.config().optimizer.lr}" == best["optimizer.lr"]
        assert best["optimizer.lr"] in (run.path / "chosen.yaml").read_text()
        assert set(run.predictions().query("part == 'test'")["subject_id"]) == {
            f"s{run.card.fold:02d}"
        }


def test_searched_networks_of_all_placements_form_an_ensemble(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    for placement in (1, 2, 3):
        given = [*usual, f"data.path={database}", f"comparison.at={placement}"]
        run_search(tmp_path / "runs", given, "trials=1", options=LEARNING_RATE)
    found = find_ensembles(find_runs(tmp_path / "runs"))
    assert len(found.complete) == 1
    assert not found.partial


def test_early_stopping_holds_out_subjects_of_the_inner_training_part(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    given = [*usual, f"data.path={database}", "stopping=early", "datamodule.validation=0.4"]
    found = run_search(tmp_path / "runs", given, "inner.k=3", "train_best=false", "trials=1")
    assert found.card.subjects == 3
    assert not find_runs(tmp_path / "runs")
    for run in find_runs(found.path / "runs"):
        parts = run.predictions().groupby("part")["subject_id"].unique()
        assert set(parts.index) == {"train", "validation", "test"}
        assert set(parts.explode()) == {"s01", "s02", "s03"}


@pytest.mark.parametrize("given", ["weights", "ckpt_path"])
def test_weights_that_may_know_test_subjects_are_refused(
    given: str, database: Path, usual: list[str], tmp_path: Path
) -> None:
    training = [*usual, f"data.path={database}", f"{given}={tmp_path / 'model.ckpt'}"]
    with pytest.raises(InputError, match=f"^{given}: got .*expected none"):
        run_search(tmp_path / "runs", training)


class PeekingDataModule(PairDataModule):
    """Reads the whole database whatever manifest it is given."""

    database = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**(options | {"manifest": self.database}))


def test_a_datamodule_that_reads_other_subjects_is_refused(
    database: Path, usual: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datamodules, "Peeking", PeekingDataModule, raising=False)
    monkeypatch.setattr(PeekingDataModule, "database", str(database))
    given = [*usual, f"data.path={database}", "fold=2"]
    own = "datamodule._target_=posed_spontaneous.datamodules.Peeking"
    with pytest.raises(InputError, match=r"^datamodule: a trial reads s02, expected the training"):
        run_search(tmp_path / "runs", [*given, own])


def test_a_search_is_one_of_one_system(database: Path, usual: list[str], tmp_path: Path) -> None:
    systems = {
        "network": {
            "_target_": "optuna.distributions.CategoricalDistribution", "choices": ["comb2"],
        }
    }  # fmt: skip
    given = [*usual, f"data.path={database}"]
    with pytest.raises(InputError, match=r"^space: a trial is the system CompCNN-Comb@2, expected"):
        run_search(tmp_path / "runs", given, options=systems)


def test_a_training_that_diverges_is_the_worst_trial(
    database: Path, usual: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(job: TrainingJob, *rest: Any) -> Any:
        if job.config.augmentation.geometric and job.card.role == "trial":
            raise FloatingPointError
        return train_job(job, *rest)

    monkeypatch.setattr(searching, "train_job", diverge)
    given = [*usual, f"data.path={database}"]
    found = run_search(tmp_path / "runs", given, "trials=6", options=LEARNING_RATE)
    trials = found.trials().set_index("augmentation")
    assert set(trials.index) == {"none", "mild"}
    assert set(trials.loc[["mild"], "error"]) == {1.0}
    assert trials["error"].max() == 1.0 > trials["error"].min()


def test_too_few_subjects_for_the_inner_folds(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"^inner folds\.k: got 4 folds for 3 subjects"):
        run_search(tmp_path / "runs", [*usual, f"data.path={database}"], "inner.k=4")


def test_two_processes_do_not_run_one_search(
    database: Path, usual: list[str], tmp_path: Path
) -> None:
    given = [*usual, f"data.path={database}"]
    found = run_search(tmp_path / "runs", given, "trials=1")
    with (
        FileLock(found.path / ".lock"),
        pytest.raises(InputError, match="another process runs this search"),
    ):
        run_search(tmp_path / "runs", given, "trials=1")


def test_without_optuna_the_package_is_named(
    usual: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "posed_spontaneous.training.trials", raising=False)
    with pytest.raises(InputError, match=r"optuna is not installed.*'posed-spontaneous\[search\]'"):
        run_search(tmp_path, usual, "data.path=none.csv")
