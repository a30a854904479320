"""Train many networks as one, and write each as the ordinary run that it would be alone."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig
from torch import Tensor, optim

from posed_spontaneous.runs import CHECKPOINT, write_facts
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training.job import TrainingJob
from posed_spontaneous.training.packing.batches import PackedBatches, PackedTrainingBatches
from posed_spontaneous.training.packing.classifier import PackedClassifier

log = logging.getLogger(__name__)

WEIGHT_BY_WEIGHT = (
    optim.Adadelta,
    optim.Adagrad,
    optim.Adam,
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.RMSprop,
    optim.SGD,
)
"""Optimisers in which no weight's step depends on another's."""


def train_pack(jobs: Sequence[TrainingJob], commands: Sequence[DictConfig]) -> None:
    """Train the jobs' networks side by side, and write their runs.

    Args:
        jobs: Unfinished jobs, each another run, that differ in fold and seed only and take the
            same number of steps.
        commands: What Hydra knows of each job, for its run's versions.

    Raises:
        InputError: If a choice is made that a pack cannot follow.
    """
    _check(jobs[0].config)
    started = time.monotonic()
    try:
        trainer, pack, said = _train(jobs)
    except Exception as error:
        for job in jobs:
            with suppress(type(error)), job.store.record(job.card, job.config):
                raise
        raise
    share = (time.monotonic() - started) / len(jobs)
    for number, (job, command, member) in enumerate(
        zip(jobs, commands, pack.unpack(), strict=True)
    ):
        HydraConfig.instance().set_config(command)
        with job.store.record(job.card, job.config, spent=share) as folder:
            log.debug("trained in a pack of %d", len(jobs))
            job.name_run(folder)
            row, scores, features = (part[number] for part in said)
            write_facts(folder, job.datamodule.samples, job.card.classes, row, scores, features)
            _write_curve(job, pack.curves[number])
            trainer.strategy.connect(member)
            trainer.save_checkpoint(folder / CHECKPOINT, weights_only=True)


def _check(config: DictConfig) -> None:
    alone = "use hydra/launcher=all_cores"
    if config.get("stopping") or config.datamodule.validation:
        raise InputError(
            f"stopping, datamodule.validation: got {config.datamodule.validation} of the subjects "
            "to validate on, expected none: all networks of a pack train for the same steps: "
            f"{alone}"
        )
    if "wandb" in (config.get("logger") or {}):
        raise InputError(
            f"logger: got wandb, expected csv: networks of a pack have no W&B run each: {alone}, "
            "or show the table with python report.py logger=wandb"
        )
    if clip := config.trainer.get("gradient_clip_val"):
        raise InputError(
            f"trainer.gradient_clip_val: got {clip}, expected none: the norm over a pack is not "
            f"that of its networks: {alone}"
        )
    if config.trainer.precision == "16-mixed":
        raise InputError(
            "trainer.precision: got 16-mixed, expected 32-true or bf16-mixed: networks of a pack "
            f"would share one scale of the loss: {alone}"
        )
    if not issubclass(get_class(config.optimizer._target_), WEIGHT_BY_WEIGHT):
        names = ", ".join(kind.__name__ for kind in WEIGHT_BY_WEIGHT)
        raise InputError(
            f"optimizer: got {config.optimizer._target_}, expected one of {names}, in which a "
            f"pack's networks do not touch each other: {alone}"
        )


def _train(
    jobs: Sequence[TrainingJob],
) -> tuple[pl.Trainer, PackedClassifier, tuple[Tensor, Tensor, Tensor]]:
    """The trainer, the trained pack, and row, scores and features, each ``(M, N, ...)``."""
    pack = PackedClassifier([job.build_module() for job in jobs])
    trainer: pl.Trainer = instantiate(
        jobs[0].config.trainer, logger=False, callbacks=jobs[0].build("callbacks")
    )
    batches = [job.datamodule.train_dataloader() for job in jobs]
    trainer.fit(pack, PackedTrainingBatches(batches, trainer.strategy.root_device))
    everything = PackedBatches([job.datamodule.predict_dataloader() for job in jobs])
    said: Any = trainer.predict(pack, everything)
    row, scores, features = (
        torch.cat([batch[part] for batch in said], dim=1).cpu()
        for part in ("row", "scores", "features")
    )
    return trainer, pack, (row, scores, features)


def _write_curve(job: TrainingJob, curve: Sequence[dict[str, float]]) -> None:
    for logger in job.build("logger"):
        for figures in curve:
            logger.log_metrics(figures, step=int(figures["step"]))
        logger.save()
