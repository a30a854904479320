"""Every database, from files in its own layout to a trained network, by the printed commands."""

import json
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig

from posed_spontaneous import prepare
from posed_spontaneous.training import train

from .conftest import ROOT, Command
from .databases.layouts import layouts_micro, layouts_posed
from .databases.layouts.layouts_posed import Footage
from .rendered import footage

SAMPLES = {
    "ustc_nvie_subset": 12, "ustc_nvie_full": 12, "spos": 24, "spos_nir": 24, "uva_nemo": 16,
    "bbc_smiles": 8, "ck_plus": 6, "disfa_plus": 9, "casme2": 12, "samm": 18, "smic": 18,
    "folder": 12, "videos": 12, "pairs": 12,
}  # fmt: skip
"""Number of samples of the small layout, by ``database=``."""
OWN = ("folder", "videos", "pairs")
"""User-supplied files, for which no paper states counts."""
QUICK = ("casme2", "videos")

Run = Callable[..., str]
"""Runs a script with arguments; returns what it prints."""


@cache
def filmed(person: int, shown: str, take: int) -> list[np.ndarray]:
    return footage(f"person {person}", shown, take)


def cast() -> Footage:
    """Footage in which the same few persons play the subjects of every database."""
    persons: dict[str, int] = {}

    def play(subject: str, shown: str, take: int) -> list[np.ndarray]:
        return filmed(persons.setdefault(subject, len(persons)), shown, take)

    return play


def lay_out(name: str, root: Path) -> list[str]:
    """Write a database in small, and say what its user gives."""
    root.mkdir()
    if name in layouts_micro.LAYOUTS:
        layouts_micro.LAYOUTS[name](root, cast())
        return [f"database={name}", f"root={root}"]
    layouts_posed.LAYOUTS[name][0](root, cast())
    return layouts_posed.overrides(name, root)


def as_commands(command: Command) -> Run:
    """Runs a command and returns what it prints."""

    def run(script: str, *given: str) -> str:
        done = command(script, *given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def as_functions(capsys: pytest.CaptureFixture[str]) -> Run:
    """Does what the commands do in this process, where torch is loaded already."""

    def run(script: str, *given: str) -> str:
        chosen = [one for one in given if one != "-m"]
        for fold in ["fold=0", "fold=1"] if "-m" in given else [None]:
            with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
                overrides = [*chosen, *filter(None, [fold])]
                config = compose(script[:-3], overrides, return_hydra_config=True)
            HydraConfig.instance().set_config(config)
            if script == "prepare.py":
                prepare.prepare(config)
            else:
                train(config)
        return capsys.readouterr().out

    return run


def audited(prepared: Path) -> dict[str, list[str]]:
    """Messages of the audit by check."""
    findings = json.loads((prepared / "audit.json").read_text())["findings"]
    return {
        check: [f["message"] for f in findings if f["check"] == check]
        for check in {f["check"] for f in findings}
    }


def predictions_in(runs: Path) -> pd.DataFrame:
    """Predictions of test folds."""
    printed = pd.concat(map(pd.read_parquet, runs.rglob("predictions.parquet")))
    return printed[printed["part"] == "test"]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in QUICK else pytest.mark.slow) for n in SAMPLES]
)
def test_a_database_is_prepared_and_trained_on_by_the_command_that_is_printed(
    name: str,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    narrow: list[str],
    tmp_path: Path,
) -> None:
    as_user, quickly = as_commands(command), as_functions(capsys)
    run = quickly if name in QUICK else as_user
    given = lay_out(name, tmp_path / "the tree")
    printed = run("prepare.py", *given, f"paths.prepared={tmp_path}/ready", "workers=0")
    folder = tmp_path / "ready" / name
    assert f"{SAMPLES[name]} of {SAMPLES[name]} samples" in printed
    assert "verdict: usable with care" in printed
    found = audited(folder)
    assert ("counts" in found) == (name not in OWN), "so small a tree cannot have a paper's counts"
    assert "subjects" in found
    lost = {"excluded", "no face", "face cut by the border", "key frames", "action units"}
    assert not lost & found.keys()
    assert not {"exact duplicates", "near duplicates", "onset equal to apex"} & found.keys()
    assert cv2.imread(str(folder / "contact_sheet.png")).shape[1] > 700
    rows = pd.read_parquet(folder / "manifest.parquet")
    for row in rows.itertuples():
        onset, apex = (
            cv2.imread(str(folder / path), cv2.IMREAD_UNCHANGED)
            for path in (row.onset_path, row.apex_path)
        )
        assert onset.shape == apex.shape == (44, 44)
        assert 1 < np.abs(apex.astype(int) - onset).mean() < 30
    line = next(line for line in printed.splitlines() if line.startswith("next: python "))
    script, *chosen = shlex.split(line.removeprefix("next: python "))
    run = quickly if name == "videos" else as_user
    run(script, *chosen, *narrow, "folds.k=2", f"paths.runs={tmp_path}/runs")
    tested = predictions_in(tmp_path / "runs")
    assert sorted(tested["sample_id"]) == sorted(rows["sample_id"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "choice", "system"),
    [("smic", "clips=true", "pfister2011"), ("pairs", "detector=dlib68", "wu2016")],
)
def test_earlier_systems_read_the_clips_and_the_landmarks(
    name: str, choice: str, system: str, command: Command, tmp_path: Path
) -> None:
    given = lay_out(name, tmp_path / "tree")
    run = as_commands(command)
    run("prepare.py", *given, f"paths.prepared={tmp_path}", choice)
    run(
        "baseline.py",
        f"baseline={system}",
        f"data={name}",
        f"paths.prepared={tmp_path}",
        "folds=loso",
        f"paths.runs={tmp_path}/runs",
    )
    tested = predictions_in(tmp_path / "runs")
    assert 0 < len(tested) < SAMPLES[name]


@pytest.mark.slow
def test_corrections_redo_what_they_change_and_stand_in_the_audit(
    command: Command, tmp_path: Path
) -> None:
    run = as_commands(command)
    given = lay_out("folder", tmp_path / "tree")
    folder = tmp_path / "ready"
    run("prepare.py", *given, f"folder={folder}")
    rows = pd.read_parquet(folder / "manifest.parquet").set_index("sample_id")
    made = {path: path.stat().st_mtime_ns for path in (folder / "crops").iterdir()}
    dropped, moved, renamed, other = rows.index[:4]
    apex = int(rows.loc[moved, "apex_frame"]) - 1
    table = tmp_path / "mine.csv"
    table.write_text(
        "sample_id,drop,apex,label,subject_id\n"
        f"{dropped},yes,,,\n{moved},,{apex},,\n{renamed},,,spontaneous,\n{other},,,,s9\n"
    )
    printed = run("prepare.py", *given, f"folder={folder}", f"corrections={table}")
    assert "11 of 12 samples of 4 subjects: 7 spontaneous, 4 posed; 1 prepared now" in printed
    again = pd.read_parquet(folder / "manifest.parquet").set_index("sample_id")
    assert again.loc[moved, ["apex_frame", "apex_source"]].tolist() == [apex, "corrected"]
    assert again.loc[renamed, "label"] == "spontaneous"
    assert again.loc[other, "subject_id"] == "s9"
    gone = {folder / path for path in rows.loc[dropped, ["onset_path", "apex_path"]]}
    redone = {folder / path for path in rows.loc[moved, ["onset_path", "apex_path"]]}
    left = {path: path.stat().st_mtime_ns for path in (folder / "crops").iterdir()}
    assert left.keys() == made.keys() - gone
    assert {path for path in left if left[path] != made[path]} <= redone
    corrected = audited(folder)["corrected"]
    assert len(corrected) == 4
    assert all(any(name in one for one in corrected) for name in (dropped, moved, renamed, other))
    # Without them everything is as before.
    printed = run("prepare.py", *given, f"folder={folder}")
    assert "12 of 12 samples of 3 subjects: 6 posed, 6 spontaneous; 2 prepared now" in printed
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "manifest.parquet").set_index("sample_id"), rows
    )


@pytest.mark.slow
def test_disfa_plus_without_its_sessions_says_where_the_other_label_is_told(
    command: Command, tmp_path: Path
) -> None:
    run = as_commands(command)
    lay_out("disfa_plus", tmp_path / "tree")
    folder = tmp_path / "ready"
    printed = run("prepare.py", "database=disfa_plus", f"root={tmp_path}/tree", f"folder={folder}")
    assert "verdict: not to be used" in printed
    found = audited(folder)
    (message,) = found["labels"]
    assert "all 6 samples have the label posed" in message
    assert f"next: fix the fatal findings and run the same command again\n  {message}" in printed
    assert all("database.sessions=FILE.csv" in message for message in found["excluded"])
