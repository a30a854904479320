"""The command that prepares a database, run on rendered frames."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.dataset import load_pairs

from .conftest import ROOT, Command
from .databases.preparation.rendered_recordings import LABELS, filmed, render_recordings

TABLES = ("manifest.parquet", "manifest.csv", "landmarks.npz", "findings.json")


def write_pairs(folder: Path, count: int) -> Path:
    """A folder as ``database=pairs`` reads it."""
    recordings = render_recordings(folder, count)
    with (folder / "pairs.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["onset", "apex", "subject", "label", "sample_id", "gender"])
        for number, recording in enumerate(recordings):
            names = [frame.name for frame in recording.frames]
            writer.writerow(
                [
                    *names,
                    recording.subject_id,
                    recording.label,
                    recording.sample_id,
                    "fm"[number % 2],
                ]
            )
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TABLES}


def arguments(root: Path, folder: Path, *more: str) -> list[str]:
    return ["database=pairs", f"root={root}", f"folder={folder}", *more]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("pairs"), 12)


@pytest.fixture(scope="module")
def prepared(root: Path, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database, prepared without interruption."""
    folder = tmp_path_factory.mktemp("prepared") / "mine"
    done = command("prepare.py", *arguments(root, folder))
    assert done.returncode == 0, done.stderr
    next_command = f"python train.py -m data=pairs data.path={folder}/manifest.parquet"
    for message in ("12 of 12 samples of 12 subjects", "6 posed, 6 spontaneous", "verdict: ",
                 str(folder / "audit.md"), f"next: {next_command}"):  # fmt: skip
        assert message in done.stdout, done.stdout
    assert done.stderr == ""
    return folder


def test_a_prepared_folder_can_be_trained_on(prepared: Path) -> None:
    pairs = load_pairs(prepared / "manifest.parquet", 44)
    assert pairs.classes == LABELS
    again = load_pairs(prepared / "manifest.csv", 44)
    np.testing.assert_array_equal(pairs.apex, again.apex)
    row = pairs.rows.iloc[3]
    assert {name: row[name] for name in (
        "subject_id", "onset_frame", "apex_frame", "onset_source", "apex_source", "alignment",
        "faces", "width", "height", "detector", "gender",
    )} == {
        "subject_id": "s11", "onset_frame": 0, "apex_frame": 1, "onset_source": "annotated",
        "apex_source": "annotated", "alignment": "onset", "faces": 1, "width": 320,
        "height": 240, "detector": "dlib5", "gender": "m",
    }  # fmt: skip
    true = np.linalg.norm(np.diff(filmed(11).eyes[0], axis=0))
    assert row["interocular"] == pytest.approx(true, rel=0.06)
    assert {path.name for path in prepared.iterdir()} >= {
        *TABLES, "audit.md", "audit.json", "contact_sheet.png", "crops", "records",
    }  # fmt: skip


def test_landmarks_are_in_the_order_of_the_manifest(prepared: Path) -> None:
    rows = pd.read_parquet(prepared / "manifest.parquet")
    with np.load(prepared / "landmarks.npz") as stored:
        assert list(stored["sample_id"]) == list(rows["sample_id"])
        assert stored["onset"].shape == stored["apex"].shape == (12, 5, 2)
        assert stored["onset"].dtype == np.float32
        # The corners of the eyes, close to the positions of the aligned eyes.
        right, left = stored["onset"][:, :2].mean(axis=1), stored["onset"][:, 2:4].mean(axis=1)
    assert np.abs(left - [0.3 * 44 - 0.5, 0.385 * 44 - 0.5]).max() < 1.5
    assert np.abs(right - [0.7 * 44 - 0.5, 0.385 * 44 - 0.5]).max() < 1.5


@pytest.mark.slow
def test_a_killed_command_is_continued_with_the_same_result(
    prepared: Path, root: Path, command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "prepare.py", *arguments(root, folder, "workers=1")],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while len(list(folder.glob("records/*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)  # its worker exits with it
    finished = {path: path.stat().st_mtime_ns for path in folder.glob("records/*.json")}
    assert 3 <= len(finished) < 12
    assert not (folder / "manifest.parquet").exists()
    for path in finished:
        json.loads(path.read_text())
    done = command("prepare.py", *arguments(root, folder))
    assert f"{12 - len(finished)} prepared now" in done.stdout, done.stderr
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert digests(folder) == digests(prepared)


@pytest.mark.slow
def test_an_interrupted_command_ends_in_one_line(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "interrupted"
    process = subprocess.Popen(
        [sys.executable, "prepare.py", *arguments(root, folder, "workers=1")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list(folder.glob("records/*.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.splitlines() == [
        "stopped: finished samples are kept, and the same command continues"
    ]


def test_an_invalid_correction_is_an_error_in_one_line(
    root: Path, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("sample_id,label\nnobody,posed\n")
    given = arguments(root, tmp_path / "out", f"corrections={tmp_path}/bad.csv")
    done = command("prepare.py", *given)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path}/bad.csv, row 2: sample_id 'nobody' is not in")


@pytest.mark.slow
def test_a_database_with_one_label_is_prepared_and_not_to_be_used(
    command: Command, tmp_path: Path
) -> None:
    root = write_pairs(tmp_path / "pairs", 4)
    table = (root / "pairs.csv").read_text().replace("spontaneous", "posed")
    (root / "pairs.csv").write_text(table)
    done = command("prepare.py", *arguments(root, tmp_path / "out", "size=48"))
    assert done.returncode == 0, done.stderr
    assert "verdict: not to be used" in done.stdout
    assert "next: fix the fatal findings" in done.stdout
    assert len(pd.read_parquet(tmp_path / "out" / "manifest.parquet")) == 4


@pytest.mark.slow
def test_the_sample_of_a_killed_worker_is_prepared_again(
    root: Path, prepared: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    process = subprocess.Popen(
        [sys.executable, "prepare.py", *arguments(root, folder, "workers=1")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(folder.glob("records/*.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "12 of 12 samples" in output
    assert digests(folder) == digests(prepared)


def test_a_failed_command_leaves_no_former_audit(
    root: Path, command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    assert command("prepare.py", *arguments(root, folder)).returncode == 0
    assert (folder / "audit.md").is_file()
    failed = command("prepare.py", *arguments(root, folder, "corrections=missing.csv"))
    assert failed.returncode == 1
    assert not [name for name in ("audit.md", "audit.json") if (folder / name).exists()]


def test_train_is_not_suggested_for_colour_crops(
    root: Path, command: Command, tmp_path: Path
) -> None:
    done = command("prepare.py", *arguments(root, tmp_path / "mine", "colour=rgb", "workers=0"))
    assert done.returncode == 0, done.stderr
    assert "next: your own program" in done.stdout


def test_a_negative_number_of_workers_is_an_error_in_one_line(
    root: Path, command: Command, tmp_path: Path
) -> None:
    done = command("prepare.py", *arguments(root, tmp_path / "mine", "workers=-1"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "workers: got -1" in done.stderr
