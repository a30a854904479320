"""The jobs of a sweep beside each other, in workers that stay warm."""

import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from functools import partial

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, configure_log
from hydra.errors import CompactHydraException
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.posed_spontaneous._sweep import Job, Sweep, failure
from posed_spontaneous.runtime.error_messages import one_line_mistakes
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.worker_pool import Crew, warm_up

log = logging.getLogger(__name__)


class WarmLauncher(Launcher):
    """Runs jobs in processes of one thread that import once.

    A job whose process is killed, for want of memory or by someone, is tried again after the
    others; a job that raises is not. Either way its siblings finish, and Hydra ends the sweep
    with status 1 after them.

    Args:
        workers: How many processes; -1 is one for each core that this process may use.
        retries: How often a job is tried again whose process was killed.
        work: Where a job's configuration tells how much work it is, in any unit: the key of a
            number, or of a ``_target_`` that returns one. The longest job begins first. Without
            such a key jobs begin in the order given.
    """

    def __init__(self, workers: int, retries: int, work: str) -> None:
        self.workers = workers
        self.retries = retries
        self.work = work

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        with one_line_mistakes():
            if self.workers != -1 and self.workers < 1:
                raise InputError(
                    f"hydra.launcher.workers: got {self.workers}, expected 1 or more, or -1 for "
                    "one a core"
                )
            if self.retries < 0:
                raise InputError(f"hydra.launcher.retries: got {self.retries}, expected 0 or more")
        # The module holds the function as hydra.main wraps it: given a configuration, it runs.
        module = sys.modules[task_function.__module__]
        function = getattr(module, task_function.__name__)
        self.sweep = Sweep(hydra_context, config, function)
        warm_up()

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        hydra = self.sweep.config.hydra
        configure_log(hydra.hydra_logging, hydra.verbose)
        jobs = self.sweep.open(job_overrides, initial_job_idx)
        workers = min(_count_cores() if self.workers == -1 else self.workers, len(jobs))
        log.info("%d jobs on %d workers", len(jobs), workers)
        # Plugins bring configurations, and looking for them makes their classes anew: do it first.
        with Crew(workers, self.retries, Plugins.instance, _tell_of_retry) as crew:
            work = self._estimate(jobs, crew)
            # Stable: jobs of the same work begin in the order given.
            longest_first = sorted(jobs, key=lambda job: -work[job])
            results: dict[Job, JobReturn] = {}
            left = total = sum(work.values())
            started = time.monotonic()
            for job, future in crew.outcomes(self.sweep.run, longest_first):
                results[job] = self._result(job, future)
                left -= work[job]
                elapsed = time.monotonic() - started
                rest = timedelta(seconds=round(elapsed * left / (total - left or 1)))
                log.info("%d of %d jobs done, %s left", len(results), len(jobs), rest)
        return [results[job] for job in jobs]

    def _estimate(self, jobs: list[Job], crew: Crew) -> dict[Job, float]:
        known: dict[Job, float] = {}
        if OmegaConf.select(self.sweep.config, self.work) is not None:
            estimate = partial(self.sweep.estimate, self.work)
            for job, future in crew.outcomes(estimate, jobs):
                if future.exception() is None:
                    known[job] = future.result()
        # What cannot be estimated is about to fail, and its user had better know soon.
        longest = max(known.values(), default=1.0)
        return {job: known.get(job, longest) for job in jobs}

    def _result(self, job: Job, future: Future[JobReturn]) -> JobReturn:
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, BrokenProcessPool):
            error = CompactHydraException(
                f"{job}: its worker was killed (try {1 + self.retries} of {1 + self.retries}); "
                "where memory is short, use fewer hydra.launcher.workers"
            )
        log.error("%s", error)
        return failure(job, error)


def _tell_of_retry(job: Job) -> None:
    log.warning("%s: its worker was killed; it is tried again after the others", job)


def _count_cores() -> int:
    # Slow to import, and every command imports the launchers there are.
    from joblib import cpu_count

    return int(cpu_count())
