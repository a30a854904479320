"""W&B in real commands, offline; its contents are read from its own files."""

import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import wandb
from wandb.proto import wandb_internal_pb2

from posed_spontaneous.callbacks.wandb.panels import (
    CHANNELS,
    draw_confusion,
    draw_pairs,
    picture_prediction,
    render,
)
from posed_spontaneous.callbacks.wandb.run import pick_samples
from posed_spontaneous.drawing.compared_maps import LayerMaps
from posed_spontaneous.drawing.style import INCORRECT
from posed_spontaneous.drawing.tiles import PairPicture
from posed_spontaneous.reports.wandb_summary import log_summaries
from posed_spontaneous.runs import find_runs

from ..conftest import ROOT, Command
from ..reports.stored_runs import read_study, store_run

NOTICE = "Drawn faces: nothing follows from them."
KEY = "0" * 40
PROTOCOL: Any = wandb_internal_pb2


@dataclass
class StoredRun:
    """What one offline W&B run holds."""

    info: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    exits: list[int] = field(default_factory=list)


def read_records(file: Path) -> Iterator[Any]:
    """Records of a ``.wandb`` file: a LevelDB log, in blocks of 32 KiB, after 7 bytes of head."""
    data, at, whole = file.read_bytes(), 7, b""
    while at + 7 <= len(data):
        room = 2**15 - at % 2**15
        _, length, kind = struct.unpack_from("<IHB", data, at)
        if room < 7 or kind == 0:
            at += room
            continue
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # the whole record, or its last part
            yield PROTOCOL.Record.FromString(whole)
            whole = b""


def read_items(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def read_wandb(root: Path) -> list[StoredRun]:
    """Every offline run below ``paths.runs``, in the order of their start."""
    stored = []
    for file in (root / ".wandb" / "wandb").glob("offline-run-*/*.wandb"):
        run = StoredRun()
        for record in read_records(file):
            match record.WhichOneof("record_type"):
                case "run":
                    run.info = record.run
                    run.config |= read_items(record.run.config.update)
                case "config":
                    run.config |= read_items(record.config.update)
                case "history":
                    run.history.append(read_items(record.history.item))
                case "summary":
                    run.summary |= read_items(record.summary.update)
                case "exit":
                    run.exits.append(record.exit.exit_code)
        stored.append(run)
    return sorted(stored, key=lambda run: run.info.start_time.ToNanoseconds())


@pytest.fixture(scope="module", autouse=True)
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody is logged in, and W&B writes its caches where the test may."""
    home = str(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("WANDB_") or name == "NETRC":
                patch.delenv(name)
        for name in ("HOME", "WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
            patch.setenv(name, home)
        yield


@pytest.fixture(scope="module")
def sweep(
    command: Command, small: list[str], narrow: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Three jobs of one process, the second of which fails while it starts to train."""
    root = tmp_path_factory.mktemp("sweep")
    done = command(
        "train.py", "-m", *small, *narrow, f"paths.runs={root}", "logger=wandb", "fold=0",
        "optimizer.lr=1e-3,-1,2e-3", "schedule=constant", "trainer.max_epochs=2",
        f"data.notice='{NOTICE}'", "callbacks.wandb.samples=3",
    )  # fmt: skip
    assert done.returncode != 0
    # Hydra prints the overrides and the failure; W&B prints nothing.
    assert not re.search(r"wandb:|offline|W&B", done.stdout + done.stderr)
    return root


def test_every_job_is_a_run_of_its_own(sweep: Path) -> None:
    first, failed, last = read_wandb(sweep)
    assert len({run.info.run_id for run in (first, failed, last)}) == 3
    assert [run.config["optimizer"]["lr"] for run in (first, failed, last)] == [1e-3, -1, 2e-3]
    assert [run.exits for run in (first, failed, last)] == [[0], [1], [0]]
    assert "Invalid learning rate" in failed.summary["failure"]
    assert failed.history == []


def test_a_run_contains_its_identity_and_configuration(sweep: Path) -> None:
    cards = {f"{run.card.study}/{run.card.variant}": run.card for run in find_runs(sweep)}
    finished = [run for run in read_wandb(sweep) if run.exits == [0]]
    assert {run.info.run_group for run in finished} == set(cards)
    for run in finished:
        card = cards[run.info.run_group]
        assert run.info.job_type == "fold"
        assert run.info.display_name == "seed0-fold00"
        assert run.info.notes == NOTICE
        assert set(run.info.tags) == {"drawn", card.system}
        assert run.config["architecture"]["channels"] == [2, 3, 4]
        assert run.config["run"] == {
            "study": card.study, "variant": card.variant, "name": "seed0-fold00",
        }  # fmt: skip


def test_curves_and_figures_are_those_of_the_run_folder(sweep: Path) -> None:
    stored = {f"{run.card.study}/{run.card.variant}": run.path for run in find_runs(sweep)}
    for run in (run for run in read_wandb(sweep) if run.exits == [0]):
        folder = stored[run.info.run_group]
        curves = pd.read_csv(folder / "curves" / "metrics.csv")
        shown = [step["train/loss"] for step in run.history if "train/loss" in step]
        assert shown == pytest.approx(curves["train/loss"].tolist())
        assert len(shown) == 2
        figures = json.loads((folder / "metrics.json").read_text())
        assert {name: run.summary[f"test/{name}"] for name in figures} == figures
        panels = run.history[-1]
        assert panels["test/confusion/_type"] == "image-file"
        assert panels["test/pairs/count"] == 3


@pytest.mark.slow
def test_no_run_stays_open_beside_another_process(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    done = command(
        "train.py", "-m", *small, *narrow, f"paths.runs={tmp_path}", "logger=wandb",
        "network=diffcnn", "hydra/launcher=all_cores", "hydra.launcher.workers=2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    runs = read_wandb(tmp_path)
    assert [run.exits for run in runs] == [[0], [0]]
    assert {run.info.display_name for run in runs} == {"seed0-fold00", "seed0-fold01"}
    assert len({run.info.run_group for run in runs}) == 1
    assert all("DiffCNN" in run.info.tags for run in runs)


MODES: list[tuple[dict[str, str], str]] = [
    ({}, "offline"),
    ({"WANDB_API_KEY": KEY}, "online"),
    ({"NETRC": "netrc"}, "online"),
    ({"WANDB_API_KEY": KEY, "WANDB_MODE": "offline"}, "offline"),
    ({"WANDB_MODE": "disabled"}, "disabled"),
]

# Who is logged in is decided once a process.
ASK_MODES = """
import json, os, sys
from posed_spontaneous.callbacks.wandb.run import choose_mode
for environment in json.loads(sys.argv[1]):
    if os.fork() == 0:
        os.environ.update(environment)
        print(choose_mode(), flush=True)
        os._exit(0)
    os.wait()
"""


def ask_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_the_mode_follows_key_and_wish(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine api.wandb.ai login user password {KEY}\n")
    environments = json.dumps([environment for environment, _ in MODES])
    done = ask_python(ASK_MODES, environments.replace('"netrc"', json.dumps(str(netrc))))
    assert done.stdout.splitlines() == [mode for _, mode in MODES]
    assert done.stderr == ""


def test_online_without_a_key_is_an_error_before_training(
    command: Command, small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    done = command("train.py", *small, f"paths.runs={tmp_path}", "logger=wandb")
    assert done.returncode == 1
    assert done.stderr.startswith("error: WANDB_MODE=online")
    assert not read_wandb(tmp_path)


def test_who_does_not_use_wandb_does_not_import_it() -> None:
    code = "import sys, train, callbacks; print('wandb' in sys.modules, 'callbacks' in sys.modules)"
    done = ask_python(code)
    assert done.stdout == "False True\n", done.stderr


def test_a_baseline_has_a_run_for_each_fold(
    command: Command, small: list[str], tmp_path: Path
) -> None:
    done = command(
        "baseline.py", "-m", "baseline=pixels", *small[:-1], "logger=wandb", "threads=1",
        f"paths.runs={tmp_path}", f"data.notice='{NOTICE}'",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folders = find_runs(tmp_path)
    logged = read_wandb(tmp_path)
    assert len(logged) == len(folders) == 2
    for run, folder in zip(logged, folders, strict=True):
        assert run.info.run_group == f"{folder.card.study}/{folder.card.variant}"
        assert run.info.display_name == folder.card.folder.name
        assert run.info.notes == NOTICE
        assert run.config["run"]["name"] == folder.card.folder.name
        assert (
            run.summary["test/error"]
            == json.loads((folder.path / "metrics.json").read_text())["error"]
        )
        assert run.exits == [0]


def test_summaries_stand_in_the_group_of_their_folds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [0], fold=fold)
    store_run(tmp_path, [0], fold=0, system="CompCNN-Sub@1")
    study = read_study(tmp_path)
    folders = {variant.system: variant.name for variant in study.variants}
    log_summaries(
        study, project="p", dir=str(tmp_path / ".wandb"), mode="offline",
        settings=wandb.Settings(silent=True),
    )  # fmt: skip
    wandb.teardown()  # which waits until the files are whole
    assert capfd.readouterr() == ("", "")
    *summaries, table = read_wandb(tmp_path)
    groups = {(run.info.run_group, run.info.display_name, run.info.job_type) for run in summaries}
    assert groups == {
        (f"{study.name}/{folder}", system, "summary") for system, folder in folders.items()
    }
    figures = {run.info.display_name: run.summary for run in summaries}
    assert figures["DiffCNN"].items() >= {"error": 1 / 8, "fold_mean_error": 1 / 8}.items()
    assert "error" not in figures["CompCNN-Sub@1"]
    assert (table.info.run_group, table.info.job_type) == (study.name, "table")
    assert [list(run.info.tags) for run in (*summaries, table)] == [
        ["DiffCNN"], ["CompCNN-Sub@1"], [],
    ]  # fmt: skip
    shown = tmp_path / ".wandb/wandb/latest-run/files" / table.summary["results/path"]
    assert len(json.loads(shown.read_text())["data"]) == 14
    notice = study.card.notice
    assert all(run.info.notes == notice and run.exits == [0] for run in (*summaries, table))


def test_shown_samples_alternate_over_outcomes() -> None:
    test = pd.DataFrame(
        {"label": list("aaaabb"), "predicted": list("aaabbb")}, index=[10, 11, 12, 13, 14, 15]
    )
    assert list(pick_samples(test, 4).index) == [10, 13, 14, 11]
    assert pick_samples(test, 0).empty


def picture_sample() -> PairPicture:
    images = np.full((8, 8), 100, np.uint8), np.zeros((8, 8), np.uint8)
    row = {"sample_id": "s1", "label": "posed", "predicted": "spontaneous"}
    return picture_prediction({**row, "score_spontaneous": 0.75}, *images)


def test_an_incorrect_prediction_is_described_in_red() -> None:
    picture = picture_sample()
    assert picture.label == "true posed, predicted spontaneous (0.75)"
    assert picture.color == INCORRECT
    (figure,) = draw_pairs([picture])
    heading = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert heading[picture.label] == INCORRECT
    assert "s1" in heading


def test_each_pair_is_drawn_with_its_own_maps() -> None:
    maps = np.zeros((2, 9, 4, 4), np.float32)
    maps[0, [0, 2, 4, 5, 7, 8]] = 1
    layer = LayerMaps.strongest("after block 1", [maps] * 3, CHANNELS)
    figures = draw_pairs([picture_sample()] * 2, layer)
    for figure, largest in zip(figures, (1, 0), strict=True):
        texts = {text.get_text() for text in figure.axes[0].texts}
        assert {f"channel\n{channel}" for channel in (0, 2, 4, 5, 7, 8)} <= texts
        shown = [image.get_array().max() for image in figure.axes[0].images[3:]]
        assert shown == [largest] * 3 * CHANNELS
        assert np.asarray(render(figure)).std() > 0


def test_the_confusion_matrix_includes_classes_that_a_fold_lacks() -> None:
    figure = draw_confusion(pd.Series(list("aab")), pd.Series(list("aba")), ("a", "b", "c"), "x")
    texts = [text.get_text() for text in figure.axes[0].texts]
    nothing = "0\n0.0 %"
    assert texts == [
        "1\n50.0 %", "1\n50.0 %", nothing,
        "1\n100.0 %", nothing, nothing,
        nothing, nothing, nothing,
    ]  # fmt: skip
    assert figure.axes[0].get_title() == "x\n2 of 3 wrong"
