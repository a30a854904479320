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
from torch.nn.modules.batchnorm import _BatchNorm

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

BY_EPOCH = ("accumulate_grad_batches", "limit_train_batches", "overfit_batches")
"""Options of the trainer that refer to the batches of an epoch."""


def train_pack(jobs: Sequence[TrainingJob], commands: Sequence[DictConfig]) -> None:
    """Train the jobs' networks in parallel, and write their runs.

    Args:
        jobs: Unfinished jobs of different runs that differ in fold and seed only, and that
            ``pack_size`` allows in one pack.
        commands: Hydra's configuration of each job, for the versions of its run.

    Raises:
        InputError: If the configuration uses an option that a pack does not support.
    """
    _check(jobs[0].config)
    order = sorted(range(len(jobs)), key=lambda number: _count_batches(jobs[number]))
    jobs, commands = [jobs[number] for number in order], [commands[number] for number in order]
    started = time.monotonic()
    try:
        trainer, pack, outputs = _train(jobs)
    except Exception as error:
        for job in jobs:
            with suppress(type(error)), job.store.record(job.card, job.config):
                raise
        raise
    share = (time.monotonic() - started) / len(jobs)
    parts = [part for part in pack.parts for _ in range(len(jobs))[part.members]]
    for number, (job, command, member) in enumerate(
        zip(jobs, commands, pack.unpack(), strict=True)
    ):
        HydraConfig.instance().set_config(command)
        with job.store.record(job.card, job.config, spent=share) as folder:
            row, scores, features = (part[number] for part in outputs)
            write_outputs(folder, job.datamodule.samples, job.card.classes, row, scores, features)
            _write_curve(job, folder, pack.curves[number])
            trainer.strategy.connect(member)
            _set_progress(trainer, parts[number].done, len(pack.curves[number]))
            trainer.save_checkpoint(folder / CHECKPOINT, weights_only=True)


def pack_size(job: TrainingJob) -> int:
    """A number that must be equal for the jobs of a pack, 0 if any jobs may be packed.

    Members with fewer batches or pairs are filled up with padding, unless the network normalizes
    over batches or the trainer counts epochs otherwise.
    """
    if not _pads(job):
        return len(job.datamodule.split.train)
    own = any(job.config.trainer.get(option) for option in BY_EPOCH)
    return _count_batches(job) if own else 0


def _pads(job: TrainingJob) -> bool:
    # Padding would be part of the statistics of a batch.
    return not any(isinstance(part, _BatchNorm) for part in job.module.network.modules())


def _count_batches(job: TrainingJob) -> int:
    return len(job.datamodule.train_dataloader())


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
    batches = [job.datamodule.train_dataloader() for job in jobs]
    pack = PackedClassifier([job.module for job in jobs], [len(own) for own in batches])
    trainer: pl.Trainer = instantiate(
        first.config.trainer,
        logger=False,
        callbacks=build_parts(first.config.get("callbacks"), first.store.root, first.card),
    )
    device = trainer.strategy.root_device
    trainer.fit(pack, PackedTrainingBatches(batches, device, lambda: pack.steps, pads=_pads(first)))
    everything = PackedBatches([job.datamodule.predict_dataloader() for job in jobs], device)
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


def _set_progress(trainer: pl.Trainer, steps: int, epochs: int) -> None:
    """Let the trainer count what a member has done, for its checkpoint."""
    trainer.fit_loop.epoch_progress.current.completed = epochs
    progress = trainer.fit_loop.epoch_loop.automatic_optimization.optim_progress
    progress.optimizer.step.total.completed = steps
