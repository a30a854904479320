"""Train many networks as one, and write each as the ordinary run that it would be alone."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig

from callbacks.facts_writer import write_facts
from datamodules.packed_batches import PackedBatches, PackedTrainingBatches
from errors import InputError
from lightning_modules import PackedClassifier, PairClassifier
from runs import CHECKPOINT
from training.job import TrainingJob


def train_pack(jobs: Sequence[TrainingJob], commands: Sequence[DictConfig]) -> None:
    """Train the jobs' networks side by side, and write their runs.

    Args:
        jobs: Unfinished jobs that differ in fold and seed only and take the same number of steps.
        commands: What Hydra knows of each job, for its run's versions.

    Raises:
        InputError: If a choice is made that a pack cannot follow.
    """
    _check(jobs[0].config)
    with ExitStack() as stack:
        folders = []
        for job, command in zip(jobs, commands, strict=True):
            folder = stack.enter_context(job.store.record(job.card, job.config))
            # Run before the record above is closed, which notes the command.
            stack.callback(HydraConfig.instance().set_config, command)
            job.name_run(folder)
            folders.append(folder)
        pack = PackedClassifier([job.build_module() for job in jobs])
        trainer: pl.Trainer = instantiate(
            jobs[0].config.trainer, logger=False, callbacks=jobs[0].build("callbacks")
        )
        batches = [job.datamodule.train_dataloader() for job in jobs]
        trainer.fit(pack, PackedTrainingBatches(batches, trainer.strategy.root_device))
        everything = PackedBatches([job.datamodule.predict_dataloader() for job in jobs])
        said: Any = trainer.predict(pack, everything)
        row, scores, features = (
            torch.cat([batch[part] for batch in said], dim=1)
            for part in ("row", "scores", "features")
        )
        for number, (job, folder, member) in enumerate(
            zip(jobs, folders, pack.unpack(), strict=True)
        ):
            write_facts(folder, job.datamodule, row[number], scores[number], features[number])
            _write_curves(job, pack.curves[number], len(batches[0]))
            _write_checkpoint(member, folder)


def _check(config: DictConfig) -> None:
    if config.stopping:
        raise InputError(
            "stopping=early: a pack trains all its networks for the same steps: use "
            "hydra/launcher=all_cores, or stopping=fixed"
        )
    if "wandb" in config.logger:
        raise InputError(
            "logger=wandb: networks of a pack have no W&B run each: use hydra/launcher=all_cores, "
            "or show the table with python report.py logger=wandb"
        )
    if config.trainer.get("gradient_clip_val"):
        raise InputError(
            "trainer.gradient_clip_val: a norm over a pack is not that of its networks: use "
            "hydra/launcher=all_cores"
        )


def _write_curves(job: TrainingJob, curve: Sequence[dict[str, float]], steps: int) -> None:
    for logger in job.build("logger"):
        for epoch, figures in enumerate(curve):
            logger.log_metrics({**figures, "epoch": epoch}, step=(epoch + 1) * steps - 1)
        logger.save()


def _write_checkpoint(member: PairClassifier, folder: Path) -> None:
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False
    )
    trainer.strategy.connect(member.cpu())
    trainer.save_checkpoint(folder / CHECKPOINT, weights_only=True)
