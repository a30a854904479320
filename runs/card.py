"""What a run computes, and the folder name that follows from it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.runtime.errors import InputError

FORMAT = 2
"""Version of the run folder's form and of the code behind its numbers.

Raised whenever the form changes or the same choices give other numbers; runs of another version
are computed anew."""

_COMPUTES = ("baseline", "datamodule", "lightning_module", "network", "stopping", "trainer")
"""Sections of a configuration that decide the numbers; what they are made of is nested there."""

_SHOWS = (
    "trainer.accelerator",
    "trainer.enable_checkpointing",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "trainer.log_every_n_steps",
)
"""Options among them that show or place a run; another device only rounds otherwise."""

_CARRIED = (
    "datamodule.manifest",
    "datamodule.test_manifest",
    "datamodule.folds",
    "datamodule.fold",
    "datamodule.seed",
)
"""Options that the card holds in fields of their own: the data by content, not by place."""


def digest_config(choices: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that tell configurations apart."""
    text = json.dumps(choices, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, kw_only=True)
class RunCard:
    """Identity of one run: one system, one seed, one fold.

    Two runs with equal cards compute the same numbers, up to the rounding of the device that the
    run's versions name; the folder's name follows from the card.

    Attributes:
        kind: What computed it: ``network``, ``ensemble`` or ``baseline``.
        system: The system's name, as the tables print it.
        database: Name of the database.
        notice: What a reader must be told wherever the figures appear; may be empty.
        protocol: Name of the protocol, such as ``10fold`` or ``loso``.
        folds: Number of folds of the protocol.
        fold: The fold that was tested.
        seed: Seed of the training.
        classes: Names of the classes, in the order of the scores.
        data_digest: SHA-256 of all samples.
        split_digest: SHA-256 of which sample is tested in which fold.
        choices: The configuration, without what only shows or places the run.
        format: Version of the run folder's form.
    """

    kind: str
    system: str
    database: str
    notice: str
    protocol: str
    folds: int
    fold: int
    seed: int
    classes: tuple[str, ...]
    data_digest: str
    split_digest: str
    choices: Mapping[str, Any] = field(hash=False)
    format: int = FORMAT

    @classmethod
    def of(cls, kind: str, system: str, config: DictConfig, datamodule: PairDataModule) -> Self:
        """The card of a run on one fold of a DataModule.

        Args:
            kind: ``network`` or ``baseline``.
            system: The system's name.
            config: The job's configuration.
            datamodule: The fold's data.

        Raises:
            InputError: If the database's name cannot be part of a folder's.
        """
        rows, name = datamodule.pairs.rows, str(config.data.name)
        if datamodule.test_manifest is not None:
            name += f"-to-{_name_database(Path(datamodule.test_manifest))}"
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise InputError(
                f"data.name: got {name!r}, expected letters, digits, '_', '-' and '.': folders are "
                "named after it"
            )
        return cls(
            kind=kind,
            system=system,
            database=name,
            notice=config.data.notice,
            protocol=datamodule.folds.name,
            folds=datamodule.fold_count,
            fold=datamodule.fold,
            seed=config.seed,
            classes=datamodule.pairs.classes,
            data_digest=datamodule.pairs.digest(),
            split_digest=datamodule.folds.digest(rows),
            choices=_deciding(config),
        )

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """Read a card that ``write`` wrote; None if its form is another."""
        content = json.loads(file.read_text())
        if content.get("format") != FORMAT:
            return None
        return cls(**(content | {"classes": tuple(content["classes"])}))

    def write(self, file: Path) -> None:
        """Write the card as JSON."""
        file.write_text(json.dumps(asdict(self), indent=2, default=str) + "\n")

    @property
    def study(self) -> str:
        """All runs tested on the same samples in the same folds: what one table compares."""
        split = digest_config({"data": self.data_digest, "split": self.split_digest})
        return f"{self.database}-{self.protocol}-{split}"

    @property
    def variant(self) -> str:
        """The system with its configuration: runs that differ in seed and fold only."""
        name = re.sub(r"[^\w@.-]+", "-", self.system)
        return f"{name}-{digest_config({'form': self.format, **self.choices})}"

    @property
    def folder(self) -> Path:
        """Where the run lies, below the root of all runs."""
        return Path(self.study, self.variant, f"seed{self.seed}-fold{self.fold:02d}")


def _name_database(manifest: Path) -> str:
    """What a database is called that has a file and no name: ``spos/manifest.csv`` is spos."""
    stem = manifest.resolve().parent.name if manifest.stem == "manifest" else manifest.stem
    return re.sub(r"[^\w.-]+", "-", stem)


def _deciding(config: DictConfig) -> dict[str, Any]:
    choices = {name: _resolve(config[name]) for name in _COMPUTES if name in config}
    for name in _SHOWS + _CARRIED:
        section, option = name.split(".")
        choices.get(section, {}).pop(option, None)
    return choices


def _resolve(section: DictConfig) -> Any:
    return OmegaConf.to_container(section, resolve=True)
