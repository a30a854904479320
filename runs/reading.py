"""Many run folders read as one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.runs.card import RunCard
from posed_spontaneous.runs.predictions import PREDICTIONS, read_features
from posed_spontaneous.runs.store import CARD, CHECKPOINT, CONFIG, CURVES, FAILURES, VERSIONS


@dataclass(frozen=True)
class RunFolder:
    """A finished run.

    Args:
        path: Its folder.
        card: Its identity.
    """

    path: Path
    card: RunCard

    def predictions(self) -> pd.DataFrame:
        """One row a sample; see ``prediction_table``."""
        return pd.read_parquet(self.path / PREDICTIONS)

    def features(self) -> pd.DataFrame:
        """fc2 features, one row a sample, indexed by sample_id."""
        return read_features(self.path)

    def config(self) -> DictConfig:
        """The configuration that the run was started with, interpolations resolved."""
        return cast(DictConfig, OmegaConf.load(self.path / CONFIG))

    def versions(self) -> dict[str, Any]:
        """Code, machine and packages that computed the run, and its seconds."""
        return dict(OmegaConf.to_container(OmegaConf.load(self.path / VERSIONS)))  # type: ignore[arg-type]

    def curves(self) -> pd.DataFrame:
        """Training figures by epoch, as the CSV logger wrote them; without rows if it did not."""
        file = self.path / CURVES
        return pd.read_csv(file) if file.is_file() else pd.DataFrame({"epoch": []})

    def network(self) -> PairNetwork:
        """The trained network of a network's run, in evaluation mode."""
        network: PairNetwork = instantiate(self.config().network, classes=len(self.card.classes))
        stored = torch.load(self.path / CHECKPOINT, map_location="cpu", weights_only=True)
        prefix = "network."
        weights = {
            k.removeprefix(prefix): v
            for k, v in stored["state_dict"].items()
            if k.startswith(prefix)
        }
        network.load_state_dict(weights)
        return network.eval()


@dataclass(frozen=True)
class Failure:
    """A run that raised.

    Args:
        path: Folder of its log and traceback.
        study: The study it belongs to.
        variant: The system with its configuration.
        run: Seed and fold, as in the folder's name.
        reason: The last line of the traceback.
    """

    path: Path
    study: str
    variant: str
    run: str
    reason: str


def find_runs(root: Path) -> list[RunFolder]:
    """Every finished run below a folder, of the present form, ordered by path."""
    cards = sorted(root.glob(f"[!.]*/*/*/{CARD}"))
    return [RunFolder(file.parent, card) for file in cards if (card := RunCard.read(file))]


def find_failures(root: Path) -> list[Failure]:
    """Every run below a folder that raised and has not been repaired since."""
    failures = []
    for path in sorted((root / FAILURES).glob("*~*~*")):
        lines = (path / "traceback.txt").read_text().strip().splitlines()
        study, variant, run = path.name.split("~")
        failures.append(Failure(path, study, variant, run, lines[-1] if lines else ""))
    return failures


def join_predictions(runs: Sequence[RunFolder]) -> pd.DataFrame:
    """The test predictions of many runs, each row with its run's variant, system, seed and fold."""
    tables = []
    for run in runs:
        table = run.predictions()
        card = run.card
        tables.append(
            table[table["part"] == "test"].assign(
                variant=card.variant, system=card.system, seed=card.seed, fold=card.fold
            )
        )
    return pd.concat(tables, ignore_index=True)
