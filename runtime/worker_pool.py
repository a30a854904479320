"""A pool of worker processes in which a killed worker costs only its own task a second try."""

import logging
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from threading import Thread
from typing import Any, Literal, Self, TypeVar

from hydra.core.utils import env_override

from posed_spontaneous.runtime.errors import InputError

Task = TypeVar("Task")
Result = TypeVar("Result")

# A process with several threads is not safe to fork, so the forkserver must start none.
_ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}

log = logging.getLogger(__name__)


class WorkerKilledError(InputError):
    """The worker process of a task was killed at every try."""

    def __init__(self, tries: int) -> None:
        super().__init__(
            f"the worker process was killed (try {tries} of {tries}): use fewer workers if memory "
            "is short"
        )


class WorkerPool:
    """Worker processes of one thread each, which run one task after another.

    A task whose worker is killed is tried again after all others, in a new worker. Only the parent
    process responds to Ctrl-C. Workers are killed when the ``with`` block ends by an exception, and
    exit when the parent process dies, even by SIGKILL.

    A script that creates a pool needs an ``if __name__ == "__main__":`` guard, since every worker
    imports the script.

    Args:
        size: Number of workers.
        initializer: Called in each worker before its first task; pickled.
        retries: How often a task is tried again after its worker was killed.
        on_retry: Called with each task that will be tried again.
        start_method: ``spawn`` starts each worker as a new interpreter, ``forkserver`` forks it
            from a server, see ``start_forkserver``.
    """

    def __init__(
        self,
        size: int,
        initializer: Callable[[], object],
        *,
        retries: int = 1,
        on_retry: Callable[[Any], object] = lambda _: None,
        start_method: Literal["spawn", "forkserver"] = "spawn",
    ) -> None:
        self._initializer = initializer
        self._retries = retries
        self._on_retry = on_retry
        self._context: Any = multiprocessing.get_context(start_method)
        # A killed process breaks its whole executor, so each worker has its own.
        self._idle = [self._create_worker() for _ in range(size)]
        self._busy: dict[Future[Any], tuple[ProcessPoolExecutor, Any, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for child in multiprocessing.active_children():
                if isinstance(child, self._context.Process):
                    child.kill()
        for worker in [*self._idle, *(worker for worker, _, _ in self._busy.values())]:
            worker.shutdown()

    def run(
        self, function: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Future[Result]]]:
        """Start the tasks in order, and yield each as soon as it is done.

        Args:
            function: Called with each task in a worker; function, tasks and results are pickled.
            tasks: The tasks.

        Yields:
            The task and its finished future, which holds the result or the exception: that of the
            function, or ``WorkerKilledError``.
        """
        waiting = deque((task, self._retries) for task in tasks)
        while waiting or self._busy:
            while waiting and self._idle:
                task, retries = waiting.popleft()
                worker, future = self._submit(self._idle.pop(), function, task)
                self._busy[future] = worker, task, retries
            for future in wait(self._busy, return_when=FIRST_COMPLETED).done:
                worker, task, retries = self._busy.pop(future)
                if not isinstance(future.exception(), BrokenProcessPool):
                    self._idle.append(worker)
                    yield task, future
                    continue
                self._idle.append(self._replace(worker))
                if retries:
                    self._on_retry(task)
                    waiting.append((task, retries - 1))
                else:
                    failed: Future[Result] = Future()
                    failed.set_exception(WorkerKilledError(1 + self._retries))
                    yield task, failed

    def _create_worker(self) -> ProcessPoolExecutor:
        environment = {**os.environ, **_ONE_THREAD}
        return ProcessPoolExecutor(
            1, self._context, _initialize_worker, (self._initializer, environment)
        )

    def _replace(self, killed: ProcessPoolExecutor) -> ProcessPoolExecutor:
        killed.shutdown()
        return self._create_worker()

    def _submit(
        self, worker: ProcessPoolExecutor, function: Callable[[Task], Result], task: Task
    ) -> tuple[ProcessPoolExecutor, Future[Result]]:
        with _starting_processes():
            try:
                return worker, worker.submit(function, task)
            except BrokenProcessPool:  # killed while it was idle
                worker = self._replace(worker)
                return worker, worker.submit(function, task)


def start_forkserver() -> None:
    """Start the server that forks workers, unless it runs, without waiting for its imports.

    It imports all modules of this package that this process has imported.
    """
    modules = [name for name in sys.modules if name.startswith("posed_spontaneous.")]
    multiprocessing.get_context("forkserver").set_forkserver_preload(modules)
    with _starting_processes():
        forkserver.ensure_running()


@contextmanager
def _starting_processes() -> Iterator[None]:
    """Processes started in the block have one thread, the same import path, and ignore Ctrl-C."""
    # Otherwise Python would first look for every module in the working directory.
    path = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONSAFEPATH": "1"}
    resource_tracker.ensure_running()  # it unblocks signals when it starts
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        with env_override({**_ONE_THREAD, **path}):
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _initialize_worker(initializer: Callable[[], object], environment: Mapping[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Lightning would turn SIGTERM into a failure of the job, which is not tried again.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    Thread(target=_exit_with_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    try:
        initializer()
    except Exception:
        log.exception("a worker cannot start")  # the pool would only report a killed worker
        raise


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
