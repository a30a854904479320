"""One run, from its configuration to its folder."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch.utils import deterministic

from posed_spontaneous.callbacks import PredictionWriter
from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.lightning_modules import PairClassifier
from posed_spontaneous.networks import check_network
from posed_spontaneous.runs import RunCard, RunStore, check_sections
from posed_spontaneous.runs.reading import select_network


@dataclass(frozen=True)
class TrainingJob:
    """Everything that a run needs, built before anything is written.

    Attributes:
        config: The job's configuration.
        datamodule: The data of the fold.
        module: The network with its initial weights, optimizer and schedule.
        card: The run's identity.
        store: Where runs are stored.
    """

    config: DictConfig
    datamodule: PairDataModule
    module: PairClassifier
    card: RunCard
    store: RunStore

    @property
    def finished(self) -> bool:
        """Whether the run is stored already."""
        return self.store.finished(self.card)


def train(config: DictConfig, callbacks: Sequence[pl.Callback] = ()) -> None:
    """Train one network on one fold with one seed, unless the run is stored already.

    Args:
        config: The job's configuration; see ``conf/train.yaml``.
        callbacks: Callbacks in addition to the configured ones.

    Raises:
        InputError: If the configuration or the data are invalid.
    """
    job = open_job(config)
    if job.finished:
        job.store.skip(job.card, config)
    else:
        train_job(job, callbacks)
        job.store.report(job.card)


def train_job(job: TrainingJob, callbacks: Sequence[pl.Callback] = ()) -> None:
    """Train a job whose run is not stored yet."""
    config = job.config
    with job.store.record(job.card, config) as folder:
        trainer: pl.Trainer = instantiate(
            config.trainer,
            default_root_dir=folder,
            logger=build_parts(config.get("logger"), folder, job.card),
            callbacks=[
                *build_parts(config.get("callbacks"), folder, job.card),
                *build_parts(config.get("stopping"), folder, job.card),
                PredictionWriter(folder),
                *callbacks,
            ],
        )
        trainer.fit(job.module, datamodule=job.datamodule, ckpt_path=config.ckpt_path)
        # With stopping=early, the best epoch on the validation subjects makes the predictions.
        best = "best" if trainer.checkpoint_callback else None
        trainer.predict(job.module, datamodule=job.datamodule, ckpt_path=best)


def open_job(config: DictConfig) -> TrainingJob:
    """Set threads and seed, read the data and build the network.

    Raises:
        InputError: If the configuration or the data are invalid.
    """
    check_sections(config)
    _configure_process(config.threads)
    datamodule: PairDataModule = instantiate(config.datamodule)
    datamodule.setup("fit")
    # After the data, so that the initial weights do not depend on how they were read.
    pl.seed_everything(datamodule.training_seed, verbose=False)
    module: PairClassifier = instantiate(
        config.lightning_module, classes=len(datamodule.pairs.classes)
    )
    batch = datamodule.read(datamodule.split.train[:2])
    check_network(module.network, batch["onset"], batch["apex"], module.classes)
    card = RunCard.of(
        config,
        datamodule,
        kind="network",
        system=getattr(module.network, "name", type(module.network).__name__),
        operator=getattr(getattr(module.network, "operator", None), "name", None),
        placement=getattr(module.network, "placement", None),
        scores="probabilities",
    )
    if config.weights:
        stored = torch.load(config.weights, map_location="cpu", weights_only=True)
        module.network.load_state_dict(select_network(stored["state_dict"]))
    return TrainingJob(config, datamodule, module, card, RunStore(Path(config.paths.runs)))


def build_parts(section: DictConfig | None, folder: Path, card: RunCard) -> list[Any]:
    """Build the parts of a section; partials (``_partial_: true``) receive folder and card."""
    parts = [part for part in instantiate(section or {}).values() if part is not None]
    return [part(folder, card) if isinstance(part, partial) else part for part in parts]


def _configure_process(threads: int) -> None:
    torch.set_num_threads(threads)
    cv2.setNumThreads(0)
    # In deterministic mode torch fills every new tensor, which costs time and changes nothing here.
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # A deprecation inside Lightning, and its warnings about batches that are no DataLoader.
    for message in (".*LeafSpec.*", "Couldn't infer the batch", "Total length of `list` across"):
        warnings.filterwarnings("ignore", message=message)
