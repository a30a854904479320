"""Train several networks as one, and write each as an ordinary run."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig
from torch import Tensor, optim

from posed_spontaneous.runs import CHECKPOINT, write_outputs
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training.packing.batches import PackedBatches, PackedTrainingBatches
from posed_spontaneous.training.packing.classifier import PackedClassifier
from posed_spontaneous.training.train import TrainingJob, build_parts

log = logging.getLogger(__name__)

ELEMENTWISE = (
    optim.Adadelta,
    optim.Adagrad,
    optim.Adam,
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.RMSprop,
    optim.SGD,
)
"""Optimizers that update each weight independently of all others."""


def train_pack(jobs: Sequence[TrainingJob], commands: Sequence[DictConfig]) -> None:
    """Train the jobs' networks in parallel, and write their runs.

    Args:
        jobs: Unfinished jobs of different runs that differ in fold and seed only and take the
            same number of steps.
        commands: Hydra's configuration of each job, for the versions of its run.

    Raises:
        InputError: If the configuration uses an option that a pack does not support.
    """
    _check(jobs[0].config)
    started = time.monotonic()
    try:
        trainer, pack, outputs = _train(jobs)
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
            row, scores, features = (part[number] for part in outputs)
            write_outputs(folder, job.datamodule.samples, job.card.classes, row, scores, features)
            _write_curve(job, folder, pack.curves[number])
            trainer.strategy.connect(member)
            trainer.save_checkpoint(folder / CHECKPOINT, weights_only=True)


def _check(config: DictConfig) -> None:
    alone = "use hydra/launcher=all_cores"
    if config.get("stopping") or config.datamodule.validation:
        raise InputError(
            f"stopping, datamodule.validation: got {config.datamodule.validation} of the subjects "
            "for validation, expected none: all networks of a pack train for the same steps: "
            f"{alone}"
        )
    if "wandb" in (config.get("logger") or {}):
        raise InputError(
            f"logger: got wandb, expected csv: a pack writes no W&B run for each network: {alone}, "
            "or show the table with python report.py logger=wandb"
        )
    if clip := config.trainer.get("gradient_clip_val"):
        raise InputError(
            f"trainer.gradient_clip_val: got {clip}, expected none: the norm is computed over the "
            f"whole pack: {alone}"
        )
    if config.trainer.precision == "16-mixed":
        raise InputError(
            "trainer.precision: got 16-mixed, expected 32-true or bf16-mixed: networks of a pack "
            f"would share one loss scale: {alone}"
        )
    if not issubclass(get_class(config.optimizer._target_), ELEMENTWISE):
        names = ", ".join(kind.__name__ for kind in ELEMENTWISE)
        raise InputError(
            f"optimizer: got {config.optimizer._target_}, expected one of {names}, which "
            f"update each weight independently: {alone}"
        )


def _train(
    jobs: Sequence[TrainingJob],
) -> tuple[pl.Trainer, PackedClassifier, tuple[Tensor, Tensor, Tensor]]:
    """The trainer, the trained pack, and row, scores and features, each ``(M, N, ...)``."""
    first = jobs[0]
    pack = PackedClassifier([job.module for job in jobs])
    trainer: pl.Trainer = instantiate(
        first.config.trainer,
        logger=False,
        callbacks=build_parts(first.config.get("callbacks"), first.store.root, first.card),
    )
    batches = PackedTrainingBatches(
        [job.datamodule.train_dataloader() for job in jobs],
        trainer.strategy.root_device,
        lambda: trainer.current_epoch,
    )
    trainer.fit(pack, batches)
    everything = PackedBatches([job.datamodule.predict_dataloader() for job in jobs])
    predictions: Any = trainer.predict(pack, everything)
    row, scores, features = (
        torch.cat([batch[part] for batch in predictions], dim=1).cpu()
        for part in ("row", "scores", "features")
    )
    return trainer, pack, (row, scores, features)


def _write_curve(job: TrainingJob, folder: Path, curve: Sequence[dict[str, float]]) -> None:
    for logger in build_parts(job.config.get("logger"), folder, job.card):
        for metrics in curve:
            logger.log_metrics(metrics, step=int(metrics["step"]))
        logger.save()
