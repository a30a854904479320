"""Jobs in worker processes, started like a user does: every way in which a job or a sweep ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from posed_spontaneous.runs import find_runs

from ..conftest import ROOT, Command

StartSweep = Callable[..., subprocess.Popen[str]]
ENDINGS = [
    "finish", "killed_once", "input_error", "unpicklable_error", "exit", "terminated_once",
    "killed", "finish",
]  # fmt: skip


@pytest.fixture(scope="module")
def start_sweep(tmp_path_factory: pytest.TempPathFactory) -> StartSweep:
    """Starts the example command from a folder that is not the repository."""

    def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable, ROOT / "tests" / "hydra_plugins" / "example_command.py", "-m",
                "hydra/launcher=all_cores", f"paths.runs={folder}", *arguments,
            ],
            cwd=tmp_path_factory.getbasetemp(),
            env=os.environ | {"OMP_NUM_THREADS": "3"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


def finished_jobs(folder: Path) -> list[int]:
    return sorted(int(file.name.partition("-")[2]) for file in folder.glob("finished-*"))


def started_jobs(folder: Path) -> list[str]:
    """Jobs and tries in the order in which they started."""
    started = {file.name[8:]: int(file.read_text().split()[0]) for file in folder.glob("started-*")}
    return sorted(started, key=started.__getitem__)


@pytest.fixture(scope="module")
def ended(
    start_sweep: StartSweep, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, str, str]:
    """A sweep on two workers in which jobs end in every way: folder, status, output, errors."""
    folder = tmp_path_factory.mktemp("ended")
    process = start_sweep(folder, f"ending={','.join(ENDINGS)}", "hydra.launcher.workers=2")
    output, errors = process.communicate(timeout=120)
    return folder, process.returncode, output, errors


def test_a_failed_job_does_not_affect_the_others(ended: tuple[Path, int, str, str]) -> None:
    folder, status, _, _ = ended
    assert finished_jobs(folder) == [
        number
        for number, ending in enumerate(ENDINGS)
        if ending in ("finish", "killed_once", "terminated_once")
    ]
    assert status == 1


def test_a_job_is_tried_again_if_its_worker_was_killed(ended: tuple[Path, int, str, str]) -> None:
    folder, _, output, _ = ended
    tries = [len(list(folder.glob(f"started-{number}-*"))) for number in range(len(ENDINGS))]
    assert tries == [2 if ending.startswith(("killed", "term")) else 1 for ending in ENDINGS]
    assert output.count("the worker process was killed; the job is tried again") == 3
    assert "ending=killed: the worker process was killed (try 2 of 2)" in output


def test_errors_are_logged_even_if_they_cannot_be_unpickled(
    ended: tuple[Path, int, str, str],
) -> None:
    _, _, output, errors = ended
    assert "item: got 0, expected another" in output
    assert "TwoReasonsError: this and that" in output
    assert "exit with a message" in output
    assert "item: got 0, expected another" in errors
    assert "Traceback" not in errors


def test_progress_is_logged(ended: tuple[Path, int, str, str]) -> None:
    _, _, output, _ = ended
    assert f"{len(ENDINGS)} jobs on 2 workers" in output
    assert f"{len(ENDINGS)} of {len(ENDINGS)} jobs done, 0:00:00 left" in output


def test_workers_have_one_thread(ended: tuple[Path, int, str, str]) -> None:
    assert (ended[0] / "finished-0").read_text() == "1"


@pytest.mark.parametrize(
    ("work", "items", "order"),
    [
        ("work=null", "2,3,1,3", "0123"),
        ("work=${item}", "2,3,1,3", "1302"),
        # A job that cannot be estimated counts as the longest.
        ("++work={_target_: example_command.estimate_work, item: ${item}}", "2,0,1,3", "1302"),
    ],
)
def test_the_longest_job_starts_first(
    work: str, items: str, order: str, start_sweep: StartSweep, tmp_path: Path
) -> None:
    process = start_sweep(tmp_path, f"item={items}", work, "hydra.launcher.workers=1")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert started_jobs(tmp_path) == [f"{number}-0" for number in order]


def test_results_keep_the_order_of_jobs(start_sweep: StartSweep, tmp_path: Path) -> None:
    """Hydra prints the failure of the first job that failed, here the last to start."""
    process = start_sweep(
        tmp_path, "ending=input_error", "item=1,2,3", "work=${item}", "hydra.launcher.workers=1"
    )
    _, errors = process.communicate(timeout=120)
    assert started_jobs(tmp_path) == ["2-0", "1-0", "0-0"]
    assert process.returncode == 1
    assert "item: got 1" in errors
    assert "item: got 2" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_sweep(
    number: signal.Signals, start_sweep: StartSweep, tmp_path: Path
) -> None:
    process = start_sweep(tmp_path, "ending=finish,sleep,sleep", "hydra.launcher.workers=2")
    wait_until(lambda: len(list(tmp_path.glob("started-*-0"))) == 3)
    workers = [int(file.read_text().split()[1]) for file in tmp_path.glob("started-[12]-0")]
    process.send_signal(number)
    # The output is open as long as any process of the sweep runs.
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not any(is_running(worker) for worker in workers)
    assert finished_jobs(tmp_path) == [0]


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(process: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("workers=0", "hydra.launcher.workers: got 0, expected 1 or more, or -1"),
        ("retries=-1", "hydra.launcher.retries: got -1, expected 0 or more"),
    ],
)
def test_an_invalid_option_is_an_error_in_one_line(
    option: str, message: str, start_sweep: StartSweep, tmp_path: Path
) -> None:
    process = start_sweep(tmp_path, f"hydra.launcher.{option}")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith(f"error: {message}")
    assert len(errors.splitlines()) == 1


@pytest.mark.slow
def test_a_killed_worker_changes_no_prediction(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    jobs = ["-m", "comparison.op=sub,comb", "comparison.at=1,3", *small, *narrow]
    done = command("train.py", *jobs, f"paths.runs={tmp_path / 'sequence'}")
    assert done.returncode == 0, done.stderr

    parallel = tmp_path / "parallel"
    process = subprocess.Popen(
        [
            sys.executable, "train.py", *jobs, f"paths.runs={parallel}",
            "hydra/launcher=all_cores", "hydra.launcher.workers=2",
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    unfinished = parallel / ".unfinished"
    wait_until(lambda: bool(find_runs(parallel)) and any(unfinished.iterdir()))
    worker = int(next(unfinished.iterdir()).name.removesuffix(".part").rpartition(".")[2])
    os.kill(worker, signal.SIGKILL)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "the worker process was killed" in output

    expected, found = find_runs(tmp_path / "sequence"), find_runs(parallel)
    assert [run.card for run in found] == [run.card for run in expected]
    for ours, theirs in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(ours.predictions(), theirs.predictions(), check_exact=True)
    assert not list(unfinished.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("command", ["script", "module", "entry point"])
def test_a_sweep_imports_nothing_from_the_working_folder(
    command: str, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    """A user's own ``train.py``, ``errors.py`` or ``hydra.py`` is neither imported nor run."""
    folder = tmp_path / "user"
    for name in ("train", "errors", "runtime", "hydra", "torch", "numpy"):
        (folder / name).mkdir(parents=True)
        for file in (folder / f"{name}.py", folder / name / "__init__.py"):
            file.write_text("raise SystemExit('a file of the user was imported')")
    start = {
        "script": [sys.executable, ROOT / "train.py"],
        "module": [sys.executable, "-P", "-m", "posed_spontaneous.train"],
        "entry point": [Path(sys.executable).with_name("posed-spontaneous"), "train"],
    }
    done = subprocess.run(
        [
            *start[command], "-m", "comparison.op=sub,comb", *small, *narrow,
            f"paths.runs={tmp_path / 'runs'}", "hydra/launcher=all_cores",
            "hydra.launcher.workers=2",
        ],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(find_runs(tmp_path / "runs")) == 4
