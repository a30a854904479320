"""Runs the jobs of a sweep as packs: all folds and seeds of a network are trained as one."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus, configure_log
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_plugins.posed_spontaneous._sweep import Job, Sweep, failure
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError

if TYPE_CHECKING:
    from posed_spontaneous.training import TrainingJob

log = logging.getLogger(__name__)


class Member(NamedTuple):
    """A job of a sweep that has to be trained.

    Attributes:
        job: The job.
        command: Its whole configuration, with the section ``hydra``.
        training: What it trains.
    """

    job: Job
    command: DictConfig
    training: TrainingJob

    @property
    def kind(self) -> tuple[str, int]:
        """Equal for jobs of one pack: configurations without fold and seed, and ``pack_size``."""
        from posed_spontaneous.training.packing.pack import pack_size

        choices = OmegaConf.masked_copy(
            self.training.config,
            [str(key) for key in self.training.config if key not in ("fold", "seed")],
        )
        return OmegaConf.to_yaml(choices), pack_size(self.training)


class PackedLauncher(Launcher):
    """Trains networks that differ in fold and seed only as one, in this process.

    Each is written as an ordinary run, which can also be repeated outside of a pack. The larger
    a pack, the more a GPU gains.

    Args:
        largest: Maximum number of networks in a pack, limited by the memory of the device.
    """

    def __init__(self, largest: int) -> None:
        self.largest = largest

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        with one_line_errors():
            if self.largest < 1:
                raise InputError(f"hydra.launcher.largest: got {self.largest}, expected 1 or more")
            # A search trains networks one after the other: each depends on those before it.
            if "network" not in config or "trials" in config:
                raise InputError(
                    f"hydra/launcher=packed: {config.hydra.job.name}.py trains no network of its "
                    "own, expected train.py: use hydra/launcher=all_cores"
                )
        self.sweep = Sweep(hydra_context, config, task_function)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        # Torch is slow to import, and every command imports the launchers there are.
        from posed_spontaneous.training.packing.pack import train_pack

        hydra = self.sweep.config.hydra
        configure_log(hydra.job_logging, hydra.verbose)
        jobs = self.sweep.open(job_overrides, initial_job_idx)
        results: dict[Job, JobReturn] = {}
        members, twins = self._open(jobs, results)
        packs = list(self._pack(members))
        for number, pack in enumerate(packs, start=1):
            name = pack[0].training.card.system
            log.info("pack %d of %d: %s, %d runs", number, len(packs), name, len(pack))
            try:
                with one_line_errors(continue_sweep=True), self._memory_errors():
                    train_pack(
                        [member.training for member in pack], [member.command for member in pack]
                    )
            except Exception as error:
                # The traceback is logged; it would keep the pack in the memory of the device.
                error.__traceback__ = error.__context__ = error.__cause__ = None
                results |= {member.job: failure(member.job, error) for member in pack}
            else:
                for job, _, training in pack:
                    training.store.report(training.card)
                    results[job] = _success(job)
        return [results[twins.get(job, job)] for job in jobs]

    def _open(
        self, jobs: Sequence[Job], results: dict[Job, JobReturn]
    ) -> tuple[list[Member], dict[Job, Job]]:
        """The jobs to train, and the earlier job of each job that describes the same run.

        The results of all other jobs are added to ``results``.
        """
        from posed_spontaneous.training import open_job

        members: dict[Path, Member] = {}
        twins: dict[Job, Job] = {}
        for job in jobs:
            command = self.sweep.compose(job)
            HydraConfig.instance().set_config(command)
            config = command.copy()
            with open_dict(config):
                del config["hydra"]
            try:
                with one_line_errors(continue_sweep=True):
                    training = open_job(config)
            except Exception as error:
                results[job] = failure(job, error)
                continue
            run = training.card.folder
            if training.finished:
                training.store.skip(training.card, config)
                results[job] = _success(job)
            elif run in members:
                twins[job] = members[run].job
            else:
                members[run] = Member(job, command, training)
        return list(members.values()), twins

    @contextmanager
    def _memory_errors(self) -> Iterator[None]:
        from torch import OutOfMemoryError

        try:
            yield
        except OutOfMemoryError as error:
            raise InputError(
                f"hydra.launcher.largest: {self.largest} networks in a pack do not fit into the "
                "device's memory: use fewer"
            ) from error

    def _pack(self, members: Sequence[Member]) -> Iterator[Sequence[Member]]:
        kinds: defaultdict[tuple[str, int], list[Member]] = defaultdict(list)
        for member in members:
            kinds[member.kind].append(member)
        for members in kinds.values():
            for start in range(0, len(members), self.largest):
                yield members[start : start + self.largest]


def _success(job: Job) -> JobReturn:
    return JobReturn(overrides=list(job.overrides), status=JobStatus.COMPLETED)
