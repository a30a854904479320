"""Worker processes: results, retries and the end of every process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

METHODS = ["spawn", "forkserver"]
PREAMBLE = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
from posed_spontaneous.runtime.worker_pool import *

def identify(task):
    return os.getpid()

def set_number(number):
    os.environ["NUMBER"] = number

def read_environment(name):
    return os.environ.get(name)

def die_once(folder, task):
    started = Path(folder) / f"{task}-{len(list(Path(folder).glob(f'{task}-*')))}"
    started.write_text(str(time.monotonic_ns()))
    if task in (1, 2) and (task == 2 or started.name == "1-0"):
        os.kill(os.getpid(), signal.SIGKILL)
    return 10 * task

def sleep(folder, task):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)

"""


def start(code: str, tmp_path: Path) -> subprocess.Popen[str]:
    """Start a script that uses a pool, from another folder."""
    script = tmp_path / "script.py"
    script.write_text(PREAMBLE + "if __name__ == '__main__':\n    " + code.replace("\n", "\n    "))
    return subprocess.Popen(
        [sys.executable, script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(code: str, tmp_path: Path) -> str:
    process = start(code, tmp_path)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output


@pytest.mark.parametrize("method", METHODS)
def test_tasks_run_in_workers_with_one_thread_and_the_environment(
    method: str, tmp_path: Path
) -> None:
    code = f"""
os.environ["OMP_NUM_THREADS"] = "7"
os.environ.pop("PYTHONSAFEPATH", None)
with WorkerPool(2, partial(set_number, "5"), start_method="{method}") as pool:
    names = ["OMP_NUM_THREADS", "NUMBER", "PYTHONSAFEPATH"]
    print({{name: future.result() for name, future in pool.run(read_environment, names)}})
    pids = {{future.result() for _, future in pool.run(identify, range(9))}}
assert len(pids) == 2 and os.getpid() not in pids
assert os.environ["OMP_NUM_THREADS"] == "7"
"""
    expected = {"OMP_NUM_THREADS": "1", "NUMBER": "5", "PYTHONSAFEPATH": None}
    assert eval(run(code, tmp_path)) == expected


@pytest.mark.parametrize("method", METHODS)
def test_a_task_is_tried_again_after_the_others_if_its_worker_was_killed(
    method: str, tmp_path: Path
) -> None:
    code = f"""
retried = []
with WorkerPool(1, dict, on_retry=retried.append, start_method="{method}") as pool:
    for task, future in pool.run(partial(die_once, {str(tmp_path)!r}), range(5)):
        print(task, future.exception() or future.result())
assert retried == [1, 2]
"""
    assert run(code, tmp_path).splitlines() == [
        "0 0", "3 30", "4 40", "1 10",
        "2 the worker process was killed (try 2 of 2): use fewer workers if memory is short",
    ]  # fmt: skip
    started = [file.name for file in tmp_path.glob("?-?")]
    started.sort(key=lambda name: int((tmp_path / name).read_text()))
    assert started == ["0-0", "1-0", "2-0", "3-0", "4-0", "1-1", "2-1"]


def test_a_worker_that_is_killed_without_a_task_is_replaced(tmp_path: Path) -> None:
    code = """
with WorkerPool(1, dict) as pool:
    pids = []
    for _ in range(3):
        (_, future), = pool.run(identify, [0])
        pids.append(future.result())
        os.kill(pids[-1], signal.SIGKILL)
assert len(set(pids)) == 3
"""
    run(code, tmp_path)


def test_an_exception_of_a_task_is_its_result(tmp_path: Path) -> None:
    code = """
with WorkerPool(1, dict) as pool:
    for task, future in pool.run(int, ["1", "x", "2"]):
        print(future.exception() or future.result())
"""
    expected = ["1", "invalid literal for int() with base 10: 'x'", "2"]
    assert run(code, tmp_path).splitlines() == expected


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("started", [0, 2])
def test_no_process_is_left_and_only_the_parent_answers_a_signal(
    method: str, number: signal.Signals, started: int, tmp_path: Path
) -> None:
    """With ``started=0`` the workers are still importing."""
    code = f"""
Path("ready").touch()
with WorkerPool(2, dict, start_method="{method}") as pool:
    for _ in pool.run(partial(sleep, "tasks"), range(4)):
        pass
"""
    (tmp_path / "tasks").mkdir()
    process = start(code, tmp_path)
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "tasks").iterdir())) < started or not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if started == 0:
        time.sleep(0.1)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as Ctrl-C in a terminal
    else:
        process.send_signal(number)
    # The output is open as long as any process runs, also the forkserver and resource tracker.
    _, errors = process.communicate(timeout=20)
    if number == signal.SIGINT:
        assert errors.count("Traceback") == errors.count("KeyboardInterrupt") == 1, errors
        assert str(tmp_path / "script.py") in errors
    else:
        assert process.returncode == -number
        assert "Traceback" not in errors


def test_workers_are_killed_when_the_block_ends_by_an_exception(tmp_path: Path) -> None:
    code = """
started = time.monotonic()
try:
    with WorkerPool(2, dict) as pool:
        for task, future in pool.run(time.sleep, [60, 0]):
            raise KeyError(task)
except KeyError as error:
    print(error)
assert time.monotonic() - started < 30
"""
    assert run(code, tmp_path) == "0\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.parametrize("command", ["train", "baseline"])
def test_the_forkserver_has_imported_the_command_and_has_one_thread(
    command: str, tmp_path: Path
) -> None:
    """A process of several threads is not safe to fork."""
    code = f"""
import posed_spontaneous.{command}
start_forkserver()
expressions = ["'posed_spontaneous.{command}' in __import__('sys').modules",
               "open('/proc/%d/status' % __import__('os').getppid()).read()"]
with WorkerPool(1, dict, start_method="forkserver") as pool:
    imported, status = [future.result() for _, future in pool.run(eval, expressions)]
assert imported
assert "Threads:\\t1\\n" in status, status
"""
    process = subprocess.run(
        [sys.executable, "-c", PREAMBLE + code],
        cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
