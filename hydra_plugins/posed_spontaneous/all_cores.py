"""Runs the jobs of a sweep in parallel, in worker processes."""

import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import partial

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, configure_log
from hydra.errors import CompactHydraException
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.posed_spontaneous._sweep import Job, Sweep, failure
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.worker_pool import (
    WorkerKilledError,
    WorkerPool,
    start_forkserver,
)

log = logging.getLogger(__name__)


class AllCoresLauncher(Launcher):
    """Runs jobs in worker processes of one thread, forked from a process that has imported torch.

    A job whose worker is killed, for example because memory is short, is tried again after the
    others. A job that raises is not. In both cases the other jobs finish, and Hydra then exits with
    status 1.

    Args:
        workers: Number of worker processes; -1 is one per available core.
        retries: How often a job is tried again after its worker was killed.
        work: Key of a number in a job's configuration, or of a ``_target_`` that returns one, which
            estimates how long the job takes, in any unit. The longest job starts first. Without
            such a key jobs start in the order given.
    """

    def __init__(self, workers: int, retries: int, work: str) -> None:
        self.workers = workers
        self.retries = retries
        self.work = work

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        with one_line_errors():
            if self.workers != -1 and self.workers < 1:
                raise InputError(
                    f"hydra.launcher.workers: got {self.workers}, expected 1 or more, or -1 for "
                    "one per core"
                )
            if self.retries < 0:
                raise InputError(f"hydra.launcher.retries: got {self.retries}, expected 0 or more")
        # The module's attribute is the function as wrapped by hydra.main, which can be pickled.
        module = sys.modules[task_function.__module__]
        function = getattr(module, task_function.__name__)
        self.sweep = Sweep(hydra_context, config, function)
        start_forkserver()

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        hydra = self.sweep.config.hydra
        configure_log(hydra.hydra_logging, hydra.verbose)
        jobs = self.sweep.open(job_overrides, initial_job_idx)
        workers = min(_count_cores() if self.workers == -1 else self.workers, len(jobs))
        log.info("%d jobs on %d workers", len(jobs), workers)
        pool = WorkerPool(
            workers,
            Plugins.instance,  # the search for plugins defines their classes again, so it is first
            retries=self.retries,
            on_retry=_log_retry,
            start_method="forkserver",
        )
        with pool:
            work = self._estimate(jobs, pool)
            # A stable sort: equal jobs start in the order given.
            longest_first = sorted(jobs, key=lambda job: -work[job])
            results: dict[Job, JobReturn] = {}
            left = total = sum(work.values())
            started = time.monotonic()
            for job, future in pool.run(self.sweep.run, longest_first):
                results[job] = self._result(job, future)
                left -= work[job]
                elapsed = time.monotonic() - started
                rest = timedelta(seconds=round(elapsed * left / (total - left or 1)))
                log.info("%d of %d jobs done, %s left", len(results), len(jobs), rest)
        return [results[job] for job in jobs]

    def _estimate(self, jobs: list[Job], pool: WorkerPool) -> dict[Job, float]:
        known: dict[Job, float] = {}
        if OmegaConf.select(self.sweep.config, self.work) is not None:
            estimate = partial(self.sweep.estimate, self.work)
            for job, future in pool.run(estimate, jobs):
                if future.exception() is None:
                    known[job] = future.result()
        # A job that cannot be estimated will probably fail, which the user should see early.
        longest = max(known.values(), default=1.0)
        return {job: known.get(job, longest) for job in jobs}

    def _result(self, job: Job, future: Future[JobReturn]) -> JobReturn:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, WorkerKilledError):
            error = CompactHydraException(f"{job}: {error} (hydra.launcher.workers)")
        log.error("%s", error)
        return failure(job, error)


def _log_retry(job: Job) -> None:
    log.warning("%s: the worker process was killed; the job is tried again after the others", job)


def _count_cores() -> int:
    # Slow to import, and every command imports all launchers.
    from joblib import cpu_count

    return int(cpu_count())
