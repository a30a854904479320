"""The search command, on a drawn database."""

import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from posed_spontaneous.runs import find_runs, find_searches

from .conftest import ROOT, Command

SEARCH = ["space=mine", "trials=3", "inner.k=2"]
SPACE = """
optimizer.lr:
  _target_: optuna.distributions.FloatDistribution
  low: 1e-3
  high: 1.0
  log: true
optimizer:
  _target_: optuna.distributions.CategoricalDistribution
  choices: [adamw, sgd]
"""


@pytest.fixture(scope="module")
def own(small: list[str], narrow: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Arguments for a search of a few seconds in a space of the user's own folder."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "space").mkdir()
    (folder / "space" / "mine.yaml").write_text(SPACE)
    (folder / "space" / "peek.yaml").write_text(SPACE.replace("optimizer:", "data.test:"))
    return [*small, *narrow, *SEARCH, f"hydra.searchpath=[file://{folder}]"]


@pytest.fixture(scope="module")
def nested(command: Command, own: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search within each of two folds, in worker processes, and the report on it."""
    root = tmp_path_factory.mktemp("nested")
    done = command(
        "search.py", "-m", *own, f"paths.runs={root}", "hydra/launcher=all_cores",
        "hydra.launcher.workers=2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (root / "console.txt").write_text(done.stdout + done.stderr)
    return root


def test_each_fold_has_a_search_and_a_row(nested: Path) -> None:
    assert [(s.card.fold, len(s.trials())) for s in find_searches(nested)] == [(0, 3), (1, 3)]
    runs = find_runs(nested)
    assert [(run.card.role, run.card.fold) for run in runs] == [("row", 0), ("row", 1)]
    console = (nested / "console.txt").read_text()
    assert re.search(r"fold 1, trial 2 of 3: error .* %, best .* %, 0:00:\d\d left", console)


def test_the_printed_command_trains_with_the_best_options(
    nested: Path, command: Command, tmp_path: Path
) -> None:
    console = (nested / "console.txt").read_text()
    (line,) = re.findall(r"fold 1: trial .* on the inner folds: python (train\.py .*)", console)
    script, *arguments = shlex.split(line)
    done = command(script, *arguments, f"paths.runs={tmp_path}")
    assert done.returncode == 0, done.stderr
    (run,) = find_runs(tmp_path)
    assert run.card.fold == 1
    stored = find_runs(nested)[1].predictions()
    pd.testing.assert_frame_equal(run.predictions(), stored, check_exact=True)


def test_a_finished_search_trains_nothing_again(
    nested: Path, command: Command, own: list[str]
) -> None:
    before = {file: file.stat().st_mtime_ns for file in nested.rglob("run.json")}
    done = command("search.py", *own, "fold=1", f"paths.runs={nested}")
    assert done.returncode == 0, done.stderr
    assert "fold 1: continues after trial 3" in done.stdout + done.stderr
    assert {file: file.stat().st_mtime_ns for file in nested.rglob("run.json")} == before


def test_the_report_shows_the_search(nested: Path, command: Command) -> None:
    done = command("report.py", f"paths.runs={nested}", "resamples=100", "~sections.feature_maps")
    assert done.returncode == 0, done.stderr
    (study,) = (nested / "report").glob("drawn-*")
    assert len(pd.read_csv(study / "search-best.csv")) == 2 * 3
    page = (nested / "report" / "report.html").read_text()
    assert "The search is nested: the options for each outer fold" in page
    results = pd.read_csv(study / "metrics.csv")
    assert set(results["system"]) == {"CompCNN-Sub@1"}


@pytest.mark.slow
def test_a_killed_search_continues_to_the_same_history(
    nested: Path, command: Command, own: list[str], tmp_path: Path
) -> None:
    arguments = [*own, "fold=0", f"paths.runs={tmp_path}"]
    process = subprocess.Popen(
        [sys.executable, "search.py", *arguments],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    # The second trial is trained when the first is written.
    while time.monotonic() < deadline and process.poll() is None:
        if find_searches(tmp_path) and list(tmp_path.rglob("runs/.unfinished/*")):
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (killed,) = find_searches(tmp_path)
    assert len(killed.trials()) < 3
    done = command("search.py", *arguments)
    assert done.returncode == 0, done.stderr
    names = ("trials.csv", "search.json")
    whole = find_searches(nested)[0].path
    assert [(killed.path / n).read_bytes() for n in names] == [
        (whole / n).read_bytes() for n in names
    ]


REFUSED = {
    "a test fold": (["space=peek"], "error: space: got the option data.test, expected one of "),
    "a pack": (
        ["hydra.mode=MULTIRUN", "hydra/launcher=packed"],
        "error: hydra/launcher=packed: search.py trains ",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_a_search_must_not_do_is_refused_in_one_line(
    mistake: str, command: Command, own: list[str], tmp_path: Path
) -> None:
    arguments, message = REFUSED[mistake]
    done = command("search.py", *own, *arguments, f"paths.runs={tmp_path}")
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.rglob("run.json"))
