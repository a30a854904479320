"""Jobs in warm workers, as a user runs them: every way in which a job or a sweep can end."""

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

Errand = Callable[..., subprocess.Popen[str]]
DEEDS = ["work", "die_once", "mistake", "strange", "exit", "end_once", "die", "work"]


@pytest.fixture(scope="module")
def errand(tmp_path_factory: pytest.TempPathFactory) -> Errand:
    """Starts the errands from a folder that is not the repository."""

    def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable, ROOT / "tests" / "hydra_plugins" / "errand.py", "-m",
                "hydra/launcher=all_cores", f"paths.runs={folder}", *arguments,
            ],
            cwd=tmp_path_factory.getbasetemp(),
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "3"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


def find_done(folder: Path) -> list[int]:
    return sorted(int(file.name.partition("-")[2]) for file in folder.glob("done-*"))


def find_begun(folder: Path) -> list[str]:
    """Jobs and tries in the order in which they began."""
    began = {file.name[6:]: int(file.read_text().split()[0]) for file in folder.glob("begun-*")}
    return sorted(began, key=began.__getitem__)


@pytest.fixture(scope="module")
def ended(errand: Errand, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str, str]:
    """A sweep of two workers in which jobs end in every way: folder, status, output, errors."""
    folder = tmp_path_factory.mktemp("ended")
    process = errand(folder, f"deed={','.join(DEEDS)}", "hydra.launcher.workers=2")
    told, failed = process.communicate(timeout=120)
    return folder, process.returncode, told, failed


def test_a_job_that_ends_badly_ends_alone(ended: tuple[Path, int, str, str]) -> None:
    folder, status, _, _ = ended
    assert find_done(folder) == [
        number for number, deed in enumerate(DEEDS) if deed in ("work", "die_once", "end_once")
    ]
    assert status == 1


def test_a_job_is_tried_again_where_its_worker_was_killed(
    ended: tuple[Path, int, str, str],
) -> None:
    folder, _, told, _ = ended
    tries = [len(list(folder.glob(f"begun-{number}-*"))) for number in range(len(DEEDS))]
    assert tries == [2 if "die" in deed or "end" in deed else 1 for deed in DEEDS]
    assert told.count("its worker was killed; it is tried again") == 3
    assert "deed=die: its worker was killed (try 2 of 2)" in told


def test_a_mistake_is_told_and_so_is_what_cannot_travel(
    ended: tuple[Path, int, str, str],
) -> None:
    _, _, told, failed = ended
    assert "item: got 0, expected another" in told
    assert "TwoReasonsError: this and that" in told
    assert "enough" in told
    assert "item: got 0, expected another" in failed
    assert "Traceback" not in failed


def test_progress_is_told(ended: tuple[Path, int, str, str]) -> None:
    _, _, told, _ = ended
    assert f"{len(DEEDS)} jobs on 2 workers" in told
    assert f"{len(DEEDS)} of {len(DEEDS)} jobs done, 0:00:00 left" in told


def test_workers_have_one_thread(ended: tuple[Path, int, str, str]) -> None:
    assert (ended[0] / "done-0").read_text() == "1"


@pytest.mark.parametrize(
    ("work", "items", "order"),
    [
        ("work=null", "2,3,1,3", "0123"),
        ("work=${item}", "2,3,1,3", "1302"),
        # What cannot be estimated counts as the longest.
        ("++work={_target_: errand.weigh, item: ${item}}", "2,0,1,3", "1302"),
    ],
)
def test_the_longest_job_begins_first(
    work: str, items: str, order: str, errand: Errand, tmp_path: Path
) -> None:
    process = errand(tmp_path, f"item={items}", work, "hydra.launcher.workers=1")
    _, failed = process.communicate(timeout=120)
    assert process.returncode == 0, failed
    assert find_begun(tmp_path) == [f"{number}-0" for number in order]


def test_results_keep_the_order_of_jobs(errand: Errand, tmp_path: Path) -> None:
    """Hydra tells the failure of the first job that failed, here the last to be run."""
    process = errand(
        tmp_path, "deed=mistake", "item=1,2,3", "work=${item}", "hydra.launcher.workers=1"
    )
    _, failed = process.communicate(timeout=120)
    assert find_begun(tmp_path) == ["2-0", "1-0", "0-0"]
    assert process.returncode == 1
    assert "item: got 1" in failed
    assert "item: got 2" not in failed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_sweep(
    number: signal.Signals, errand: Errand, tmp_path: Path
) -> None:
    process = errand(tmp_path, "deed=work,linger,linger", "hydra.launcher.workers=2")
    wait_until(lambda: len(list(tmp_path.glob("begun-*-0"))) == 3)
    workers = [int(file.read_text().split()[1]) for file in tmp_path.glob("begun-[12]-0")]
    process.send_signal(number)
    # The output is open as long as any process of the sweep lives.
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not any(is_running(worker) for worker in workers)
    assert find_done(tmp_path) == [0]


def test_a_worker_that_is_killed_without_a_task_is_replaced() -> None:
    code = """
import os, signal
from posed_spontaneous.runtime.worker_pool import Crew
with Crew(1, 1, dict, print) as crew:
    pids = []
    for _ in range(3):
        (_, future), = crew.outcomes(eval, ["__import__('os').getpid()"])
        pids.append(future.result())
        os.kill(pids[-1], signal.SIGKILL)
assert len(set(pids)) == 3
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


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
    ("option", "told"),
    [
        ("workers=0", "hydra.launcher.workers: got 0, expected 1 or more, or -1"),
        ("retries=-1", "hydra.launcher.retries: got -1, expected 0 or more"),
    ],
)
def test_a_mistaken_option_is_told_in_one_line(
    option: str, told: str, errand: Errand, tmp_path: Path
) -> None:
    process = errand(tmp_path, f"hydra.launcher.{option}")
    _, failed = process.communicate(timeout=60)
    assert process.returncode == 1
    assert failed.startswith(f"error: {told}")
    assert len(failed.splitlines()) == 1


@pytest.mark.slow
def test_a_killed_worker_changes_no_prediction(
    command: Command, small: list[str], narrow: list[str], tmp_path: Path
) -> None:
    jobs = ["-m", "comparison.op=sub,comb", "comparison.at=1,3", *small, *narrow]
    done = command("train.py", *jobs, f"paths.runs={tmp_path / 'sequence'}")
    assert done.returncode == 0, done.stderr

    crew = tmp_path / "crew"
    process = subprocess.Popen(
        [
            sys.executable, "train.py", *jobs, f"paths.runs={crew}",
            "hydra/launcher=all_cores", "hydra.launcher.workers=2",
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    wait_until(lambda: bool(find_runs(crew)) and any((crew / ".unfinished").iterdir()))
    worker = int(next((crew / ".unfinished").iterdir()).name.rpartition(".")[2])
    os.kill(worker, signal.SIGKILL)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert "its worker was killed" in told

    expected, found = find_runs(tmp_path / "sequence"), find_runs(crew)
    assert [run.card for run in found] == [run.card for run in expected]
    for ours, theirs in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(ours.predictions(), theirs.predictions(), check_exact=True)
    assert not list((crew / ".unfinished").iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.parametrize("entry", ["train", "baseline"])
def test_the_server_of_workers_has_one_thread(entry: str) -> None:
    """A process of several threads is not safe to fork."""
    code = f"""
import sys
sys.argv[0] = "{entry}.py"
from posed_spontaneous.runtime.worker_pool import Crew, warm_up
warm_up()
facts = ["'{entry}' in __import__('sys').modules",
         "open('/proc/%d/status' % __import__('os').getppid()).read()"]
with Crew(1, 0, dict, print) as crew:
    imported, status = [future.result() for _, future in crew.outcomes(eval, facts)]
assert imported
assert "Threads:\\t1\\n" in status, status
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
