"""What one run is made of, built from its configuration before anything is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import set_num_threads
from torch.utils import deterministic

from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.lightning_modules import PairClassifier
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.runs import RunCard, RunStore


@dataclass(frozen=True)
class TrainingJob:
    """One network to be trained on one fold with one seed.

    Attributes:
        config: The job's configuration.
        datamodule: The fold's data.
        network: The network with its first weights.
        card: The run's identity.
        store: Where runs lie.
    """

    config: DictConfig
    datamodule: PairDataModule
    network: PairNetwork
    card: RunCard
    store: RunStore

    @classmethod
    def of(cls, config: DictConfig) -> Self:
        """Build the job, and set this process's threads and random stream for it.

        Raises:
            InputError: If the configuration or the data are faulty.
        """
        set_num_threads(config.threads)
        # Deterministic mode fills every new tensor, which nothing here reads unwritten.
        deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        cv2.setNumThreads(0)
        datamodule: PairDataModule = instantiate(config.datamodule)
        _ = datamodule.split  # checked before anything is written
        # Only now: making or reading the data must not move the weights' random stream.
        pl.seed_everything(config.seed, verbose=False)
        network = instantiate(config.network, classes=len(datamodule.pairs.classes))
        card = RunCard.of(
            config,
            datamodule,
            kind="network",
            system=network.name,
            operator=getattr(getattr(network, "operator", None), "name", None),
            placement=getattr(network, "placement", None),
            scores="probabilities",
        )
        return cls(config, datamodule, network, card, RunStore(Path(config.paths.runs)))

    @property
    def finished(self) -> bool:
        """Whether the run is there already."""
        return self.store.finished(self.card)

    def name_run(self, folder: Path) -> None:
        """Tell the configuration where the run is written, for loggers and callbacks."""
        self.config.run = {
            "folder": str(folder),
            "study": self.card.study,
            "variant": self.card.variant,
            "name": self.card.folder.name,
        }

    def build_module(self) -> PairClassifier:
        """The LightningModule around the network."""
        module: PairClassifier = instantiate(
            self.config.lightning_module, network=self.network, classes=len(self.card.classes)
        )
        return module

    def build(self, section: str) -> list[Any]:
        """What a section of named parts consists of: ``callbacks``, ``logger``, ``stopping``."""
        return list(instantiate(self.config.get(section) or {}).values())
