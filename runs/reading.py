"""Stored runs, read one at a time or all as tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast, overload

import numpy as np
import pandas as pd
import torch
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.datamodules import PairAugmentation, PairDataModule
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.runs.card import RunCard
from posed_spontaneous.runs.predictions import FEATURES, METRICS, PREDICTIONS
from posed_spontaneous.runs.rebuilding import rebuild
from posed_spontaneous.runs.store import (
    CARD,
    CHECKPOINT,
    CONFIG,
    CURVES,
    FAILURES,
    PRIMARY,
    TRACEBACK,
    VERSIONS,
)
from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True)
class RunFolder:
    """A finished run.

    Args:
        path: Its folder.
        card: Its identity.
        trust: Packages outside of this project whose networks may be rebuilt.
    """

    path: Path
    card: RunCard
    trust: Sequence[str] = ()

    def predictions(self) -> pd.DataFrame:
        """One row a sample; see ``prediction_table``."""
        return pd.read_parquet(self.path / PREDICTIONS)

    def features(self) -> pd.DataFrame:
        """Features of a network, one row a sample, indexed by sample_id."""
        with np.load(self.path / FEATURES) as stored:
            index = pd.Index(stored["sample_id"], name="sample_id")
            return pd.DataFrame(stored["features"], index=index)

    def metrics(self) -> dict[str, float]:
        """Metrics of the test part; see ``evaluation.score``."""
        return dict(json.loads((self.path / METRICS).read_text()))

    def config(self) -> DictConfig:
        """The configuration of the run, with all interpolations resolved."""
        config = cast(DictConfig, OmegaConf.load(self.path / CONFIG))
        for name in PRIMARY:
            config.pop(name, None)
        return config

    def versions(self) -> dict[str, Any]:
        """Code, machine and packages that computed the run, when and in how many seconds."""
        return dict(OmegaConf.to_container(OmegaConf.load(self.path / VERSIONS)))  # type: ignore[arg-type]

    def curves(self) -> pd.DataFrame:
        """Training metrics by epoch, as the CSV logger wrote them; empty if there are none."""
        file = self.path / CURVES
        return pd.read_csv(file) if file.is_file() else pd.DataFrame({"epoch": []})

    def network(self) -> PairNetwork:
        """The trained network of a network's run, in evaluation mode.

        Raises:
            InputError: If it is a class of a package that is not trusted.
        """
        network: PairNetwork = self._rebuild("network", classes=len(self.card.classes))
        stored = torch.load(self.path / CHECKPOINT, map_location="cpu", weights_only=True)
        network.load_state_dict(select_network(stored["state_dict"]))
        return network.eval()

    def datamodule(self) -> PairDataModule:
        """The data of the fold, without augmentation, from the paths in the configuration.

        Raises:
            InputError: If it is a class of a package that is not trusted.
        """
        # Augmentation belongs to training, and its parts are classes of other packages.
        unchanged = PairAugmentation(geometric=[], photometric=[])
        datamodule: PairDataModule = self._rebuild("datamodule", augmentation=unchanged)
        return datamodule

    def _rebuild(self, section: str, **arguments: Any) -> Any:
        config = self.config()[section]
        for name in arguments.keys() & config.keys():
            del config[name]
        return rebuild(config, self.trust, f"{self.path / CONFIG}, {section}", **arguments)


@dataclass(frozen=True)
class Results(Sequence[RunFolder]):
    """All finished runs below a folder, as a sequence of runs and as tidy tables.

    Args:
        runs: The runs, ordered by path.
    """

    runs: tuple[RunFolder, ...]

    @overload
    def __getitem__(self, place: int) -> RunFolder: ...
    @overload
    def __getitem__(self, place: slice) -> "Results": ...
    def __getitem__(self, place: int | slice) -> "RunFolder | Results":
        return Results(self.runs[place]) if isinstance(place, slice) else self.runs[place]

    def __len__(self) -> int:
        return len(self.runs)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a run: the fields of its card but ``choices``, its metrics and its path."""
        return pd.DataFrame(
            [
                {
                    **{k: v for k, v in asdict(run.card).items() if k != "choices"},
                    "study": run.card.study,
                    "variant": run.card.variant,
                    **run.metrics(),
                    "path": str(run.path),
                }
                for run in self.runs
            ]
        )

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Test predictions of all runs; see ``join_predictions``."""
        return join_predictions(self.runs)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Training metrics of all runs, one row a run and epoch."""
        return _join((run, run.curves()) for run in self.runs)


def load(root: Path | str, *, trust: Sequence[str] = ()) -> Results:
    """Load all finished runs below a folder.

    Args:
        root: The folder.
        trust: Your own packages, whose networks may be rebuilt.

    Raises:
        InputError: If there is none.
    """
    if runs := find_runs(Path(root), trust):
        return Results(tuple(runs))
    raise InputError(f"{root}: found no finished run, expected one or more: train first")


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


def find_runs(root: Path, trust: Sequence[str] = ()) -> list[RunFolder]:
    """Every finished run below a folder that has the current format, ordered by path."""
    cards = sorted(root.glob(f"[!.]*/*/*/{CARD}"))
    return [RunFolder(file.parent, card, trust) for file in cards if (card := RunCard.read(file))]


def find_failures(root: Path) -> list[Failure]:
    """Every run below a folder that raised and has not been repeated successfully since."""
    failures = []
    for file in sorted((root / FAILURES).glob(f"*/{TRACEBACK}")):
        if card := RunCard.read(file.with_name(CARD)):
            reason = file.read_text().strip().rpartition("\n")[2]
            failures.append(Failure(file.parent, card.study, card.variant, card.name, reason))
    return failures


def join_predictions(runs: Sequence[RunFolder]) -> pd.DataFrame:
    """The test predictions of runs, each row with its run's variant, system, seed and fold."""
    tables = ((run, run.predictions()) for run in runs)
    return _join((run, table[table["part"] == "test"]) for run, table in tables)


def select_network(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights of the network among those of its LightningModule."""
    prefix = "network."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def _join(tables: Iterator[tuple[RunFolder, pd.DataFrame]]) -> pd.DataFrame:
    return pd.concat(
        [
            table.assign(
                variant=run.card.variant,
                system=run.card.system,
                seed=run.card.seed,
                fold=run.card.fold,
            )
            for run, table in tables
        ],
        ignore_index=True,
    )
