"""Table 1 from stored predictions: right figures, and nothing missing in silence."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from reports import build_table, draw_errors, write_table
from reports.table1 import PUBLISHED
from runs import (
    RunFolder,
    RunStore,
    find_failures,
    find_runs,
    prediction_table,
    write_predictions,
)
from tests.conftest import CARD, Command


def store_run(root: Path, wrong: Sequence[int], **changes: object) -> None:
    """Store a run of eight samples, four in each fold, wrong on the given rows."""
    card = replace(CARD, **changes)
    samples = pd.DataFrame(
        {
            "sample_id": [f"x{i}" for i in range(8)],
            "subject_id": [f"s{i // 4}" for i in range(8)],
            "label": ["posed", "spontaneous"] * 4,
            "part": np.where(np.arange(8) // 4 == card.fold, "test", "train"),
        }
    )
    truth = np.arange(8) % 2
    predicted = np.where(np.isin(np.arange(8), wrong), 1 - truth, truth)
    with RunStore(root).record(card, OmegaConf.create()) as folder:
        write_predictions(folder, prediction_table(samples, card.classes, np.eye(2)[predicted]))


def tabulate(root: Path) -> pd.DataFrame:
    return build_table(CARD.study, find_runs(root), find_failures(root)).rows.set_index("system")


def test_figures_are_pooled_over_folds_and_averaged_over_seeds(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0, seed=0)
    store_run(tmp_path, [4, 5], fold=1, seed=0)
    store_run(tmp_path, [], fold=0, seed=1)
    store_run(tmp_path, [7], fold=1, seed=1)
    row = tabulate(tmp_path).loc["DiffCNN"]
    assert row["error"] == pytest.approx(100 * (3 / 8 + 1 / 8) / 2)
    assert row["error_deviation"] == pytest.approx(100 * np.std([3 / 8, 1 / 8], ddof=1))
    assert row["fold_mean_error"] == pytest.approx(25.0)
    assert row["runs"] == "4/4"
    assert (row["published_subset"], row["published_full"]) == (3.70, 8.47)


def test_training_rows_do_not_count(tmp_path: Path) -> None:
    store_run(tmp_path, [4, 5, 6, 7], fold=0)
    store_run(tmp_path, [0, 1, 2, 3], fold=1)
    assert tabulate(tmp_path).loc["DiffCNN", "error"] == 0


def test_all_rows_of_the_paper_stand_in_its_order(tmp_path: Path) -> None:
    store_run(tmp_path, [], fold=0)
    rows = tabulate(tmp_path)
    published = pd.read_csv(PUBLISHED)
    assert list(rows.index) == list(published["system"])
    assert len(rows) == 14
    assert rows["error"].isna().all()


def test_missing_runs_are_named_with_their_reason(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0)
    store_run(tmp_path, [0], fold=0, system="CompCNN-Sub@1")
    store_run(tmp_path, [0], fold=1, system="CompCNN-Sub@1")
    with (
        pytest.raises(ValueError, match="out of luck"),
        RunStore(tmp_path).record(replace(CARD, fold=1), OmegaConf.create()),
    ):
        raise ValueError("out of luck")
    table = build_table(CARD.study, find_runs(tmp_path), find_failures(tmp_path))
    row = table.rows.set_index("system").loc["DiffCNN"]
    assert np.isnan(row["error"])
    assert row["runs"] == "1/2"
    assert "DiffCNN, seed0-fold01: ValueError: out of luck" in table.missing
    assert "CompCNN-Comb-SVM: no runs" in table.missing
    (markdown, *_) = write_table(table, tmp_path / "report")
    assert "out of luck" in markdown.read_text()
    assert "Drawn faces." in markdown.read_text()


def test_a_seed_without_all_folds_does_not_count(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0, seed=0)
    store_run(tmp_path, [], fold=1, seed=0)
    store_run(tmp_path, [0, 1, 2, 3], fold=0, seed=1)
    row = tabulate(tmp_path).loc["DiffCNN"]
    assert row["error"] == pytest.approx(100 / 8)
    assert (row["seeds"], row["runs"]) == (1, "3/4")


def test_a_trial_beside_the_table_is_told_apart_by_what_differs(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold)
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@1")
        for epochs in (2, 9):
            store_run(tmp_path, [0, 4], fold=fold, choices={"trainer": {"max_epochs": epochs}})
    store_run(tmp_path, [0], choices={"trainer": {"max_epochs": 9}}, seed=7)
    rows = tabulate(tmp_path)
    assert rows.loc["DiffCNN", "runs"] == "2/2"
    assert rows.loc["DiffCNN", "error"] == 0
    assert rows.loc["DiffCNN", "published_subset"] == 3.70
    for epochs, runs in ((2, "2/2"), (9, "3/4")):
        trial = rows.loc[f"DiffCNN [trainer.max_epochs={epochs}]"]
        assert trial["runs"] == runs
        assert trial["error"] == 25
        assert np.isnan(trial["published_subset"])


@pytest.fixture
def whole(tmp_path: Path) -> list[RunFolder]:
    for fold in (0, 1):
        store_run(tmp_path, [fold], fold=fold)
        store_run(tmp_path, [], fold=fold, system="Oracle", kind="baseline")
    return find_runs(tmp_path)


def test_three_forms_and_a_picture(whole: list[RunFolder], tmp_path: Path) -> None:
    table = build_table(CARD.study, whole, [])
    markdown, csv, latex = (file.read_text() for file in write_table(table, tmp_path / "report"))
    assert "| DiffCNN" in markdown
    assert pd.read_csv(tmp_path / "report" / "table1.csv")["system"].iloc[-1] == "Oracle"
    assert csv.count("\n") == 16
    assert all(rule in latex for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    draw_errors(table, whole, tmp_path / "table1.svg")
    assert "published, NVIE subset" in (tmp_path / "table1.svg").read_text()


def test_the_command_writes_beside_the_runs(
    whole: list[RunFolder], tmp_path: Path, command: Command
) -> None:
    done = command("report.py", f"paths.runs={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / CARD.study / "table1.md").is_file()
    assert "| DiffCNN" in done.stdout


def test_an_unknown_study_is_told(tmp_path: Path, command: Command) -> None:
    done = command("report.py", f"paths.runs={tmp_path}", "study=none")
    assert done.returncode != 0
    assert "no finished run of none" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
