"""The jobs of a sweep and their results.

Hydra imports every plugin module whose name has no leading underscore a second time; this one
must exist once, because its classes travel between processes.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.utils import (
    JobReturn,
    JobRuntime,
    JobStatus,
    filter_overrides,
    run_job,
    setup_globals,
)
from hydra.types import HydraContext, TaskFunction
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict


@dataclass(frozen=True)
class Job:
    """One job of a sweep.

    Args:
        number: Its number in the sweep.
        overrides: Its overrides.
    """

    number: int
    overrides: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(filter_overrides(self.overrides))


@dataclass(frozen=True)
class Sweep:
    """What the jobs of a sweep share; it can be pickled.

    Args:
        context: Hydra's configuration loader and callbacks.
        config: The sweep's own configuration.
        function: The command. It is pickled by name, so it must be the module's attribute.
    """

    context: HydraContext
    config: DictConfig
    function: TaskFunction

    def open(self, overrides: Sequence[Sequence[str]], first: int) -> list[Job]:
        """Number the jobs from ``first``, and make the folder of Hydra's own output."""
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        return [Job(number, tuple(own)) for number, own in enumerate(overrides, first)]

    def run(self, job: Job) -> JobReturn:
        """Run a job in this process, as Hydra's basic launcher does."""
        done = run_job(
            hydra_context=self.context,
            task_function=self.function,
            config=self.compose(job),
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        if done.status is JobStatus.FAILED and not _can_pickle(done._return_value):
            error = done._return_value
            done.return_value = RuntimeError(f"{type(error).__name__}: {error}")
        return done

    def estimate(self, key: str, job: Job) -> float:
        """Estimated duration of a job, in any unit.

        Args:
            key: Key of a number in the job's configuration, or of a ``_target_`` that returns one.
            job: The job.
        """
        work = OmegaConf.select(self.compose(job), key)
        return float(instantiate(work) if OmegaConf.is_config(work) else work)

    def compose(self, job: Job) -> DictConfig:
        """The whole configuration of a job, with the section ``hydra``."""
        setup_globals()
        JobRuntime.instance().set("name", self.config.hydra.job.name)
        config = self.context.config_loader.load_sweep_config(self.config, list(job.overrides))
        with open_dict(config):
            config.hydra.job.id = f"{config.hydra.job.name}_{job.number}"
            config.hydra.job.num = job.number
        return config


def failure(job: Job, error: BaseException) -> JobReturn:
    """The result of a job that raised, or whose process died."""
    overrides = list(job.overrides)
    return JobReturn(overrides=overrides, status=JobStatus.FAILED, _return_value=error)


def _can_pickle(error: Any) -> bool:
    """Whether an exception can be sent to another process; not all exceptions can be unpickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
