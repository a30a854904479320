"""Worker processes that start warm, and of which a killed one costs its own task alone."""

import logging
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from hydra.core.utils import env_override

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

log = logging.getLogger(__name__)

_CONTEXT = multiprocessing.get_context("forkserver")

# A process with several threads is not safe to fork, so the server must start none.
_ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def warm_up() -> None:
    """Start the server that imports the running command once and forks the workers.

    It imports while this process goes on. While it runs, another call changes nothing.
    """
    _CONTEXT.set_forkserver_preload([Path(sys.argv[0]).stem])
    with env_override({**_ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)}):
        forkserver.ensure_running()


class Crew:
    """Worker processes of one thread each, which do one task after another.

    A killed process breaks its whole executor, so each worker has an executor of its own and is
    replaced alone. Workers end at once where the block ends with an exception, and when this
    process dies, in whatever way.

    Args:
        size: How many workers.
        retries: How often a task is tried again whose worker was killed, after all others.
        prepare: What a worker does before its first task; it travels by pickle.
        on_retry: Told of each task that will be tried again.
    """

    def __init__(
        self,
        size: int,
        retries: int,
        prepare: Callable[[], object],
        on_retry: Callable[[Any], None],
    ) -> None:
        self._retries = retries
        self._prepare = prepare
        self._on_retry = on_retry
        self._idle = [self._hire() for _ in range(size)]
        self._busy: dict[Future[Any], tuple[ProcessPoolExecutor, Any, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is not None:
            for child in multiprocessing.active_children():
                if isinstance(child, _CONTEXT.Process):
                    child.kill()
        for worker in [*self._idle, *(worker for worker, _, _ in self._busy.values())]:
            worker.shutdown()

    def outcomes(
        self, function: Callable[[Task], Outcome], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Future[Outcome]]]:
        """Begin the tasks in their order, and yield each when it is done.

        The future of a task that was given up holds a ``BrokenProcessPool``.

        Args:
            function: What to do with a task; it travels by pickle, as tasks and outcomes do.
            tasks: The tasks.
        """
        waiting = deque((task, self._retries) for task in tasks)
        while waiting or self._busy:
            while waiting and self._idle:
                task, retries = waiting.popleft()
                worker, future = self._begin(self._idle.pop(), function, task)
                self._busy[future] = worker, task, retries
            for future in wait(self._busy, return_when=FIRST_COMPLETED).done:
                worker, task, retries = self._busy.pop(future)
                killed = isinstance(future.exception(), BrokenProcessPool)
                self._idle.append(self._replace(worker) if killed else worker)
                if killed and retries:
                    self._on_retry(task)
                    waiting.append((task, retries - 1))
                else:
                    yield task, future

    def _hire(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1, mp_context=_CONTEXT, initializer=_settle_in, initargs=(self._prepare,)
        )

    def _replace(self, dead: ProcessPoolExecutor) -> ProcessPoolExecutor:
        dead.shutdown()
        return self._hire()

    def _begin(
        self, worker: ProcessPoolExecutor, function: Callable[[Task], Outcome], task: Task
    ) -> tuple[ProcessPoolExecutor, Future[Outcome]]:
        warm_up()  # the server may have been killed as well
        try:
            return worker, worker.submit(function, task)
        except BrokenProcessPool:  # killed while it had no task
            worker = self._replace(worker)
            return worker, worker.submit(function, task)


def _settle_in(prepare: Callable[[], object]) -> None:
    # Ctrl-C reaches every process of a terminal; the parent is the one to answer it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Lightning would turn it into a failure of the job, which is not tried again.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        prepare()
    except Exception:
        log.exception("a worker cannot begin")  # which its parent would take for a kill
        raise


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
