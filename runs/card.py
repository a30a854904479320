"""The run card: what a run computes, what it is for, and the folder name that follows from both."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from omegaconf import DictConfig

from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.runs.choices import digest_config, select_choices
from posed_spontaneous.runtime.errors import InputError

FORMAT = 3
"""Version of the run folder's format and of the code behind its numbers.

It is raised whenever the format changes or the same choices give other numbers. Runs of another
version are ignored and computed again."""

KINDS = ("network", "ensemble", "baseline")
ROLES = ("row", "reference", "probe", "size", "trial")
SCORES = ("probabilities", "margins")


@dataclass(frozen=True, kw_only=True)
class RunCard:
    """Identity of one run: one system in one configuration, one seed, one fold.

    Two runs with equal cards compute the same numbers, up to the rounding of the device that the
    run's versions name.

    Attributes:
        kind: One of ``KINDS``: what computed it.
        system: The system's name, as tables print it.
        operator: Name of the comparison operator; None for a system without one.
        placement: Block after which a network compares, 1 to 3; None for all other systems.
        role: One of ``ROLES``. A ``row`` is a row of the results table, a ``reference`` a row
            that only marks the ends of the scale, a ``probe`` a control that should stay at
            chance, a ``size`` a point of the learning curve over training subjects, a ``trial``
            a changed choice that is compared with the row of the same system.
        group: The experiment that the run belongs to. Systems of one group are compared.
        scores: One of ``SCORES``: what the scores of the predictions are.
        database: Name of the database.
        notice: Text that a report must show next to the figures; may be empty.
        protocol: Name of the protocol, such as ``10fold`` or ``loso``.
        folds: Number of folds of the protocol.
        fold: The fold that was tested.
        seed: Seed of the training.
        classes: Names of the classes, in the order of the scores.
        data_digest: SHA-256 of all samples.
        split_digest: SHA-256 of which sample is tested in which fold.
        choices: The part of the configuration that determines the numbers.
        format: Version of the run folder's format.
    """

    kind: str
    system: str
    operator: str | None
    placement: int | None
    role: str
    group: str
    scores: str
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

    def __post_init__(self) -> None:
        for name, known in (("kind", KINDS), ("role", ROLES), ("scores", SCORES)):
            if (found := getattr(self, name)) not in known:
                raise InputError(f"{name}: got {found!r}, expected one of {', '.join(known)}")

    @classmethod
    def of(cls, config: DictConfig, datamodule: PairDataModule, **identity: Any) -> Self:
        """The card of a run on one fold of a DataModule.

        Args:
            config: The job's configuration.
            datamodule: The fold's data.
            **identity: Values of ``kind``, ``system``, ``operator``, ``placement``, ``scores``.

        Raises:
            InputError: If the database's name cannot be part of a folder's name.
        """
        name = str(config.data.name)
        if datamodule.test_manifest is not None:
            name += f"-to-{_name_database(Path(datamodule.test_manifest))}"
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise InputError(
                f"data.name: got {name!r}, expected letters, digits, '_', '-' and '.', because "
                "folders are named after it"
            )
        return cls(
            **identity,
            role=config.role,
            group=config.group,
            database=name,
            notice=config.data.notice,
            protocol=datamodule.folds.name,
            folds=datamodule.fold_count,
            fold=datamodule.fold,
            seed=config.seed,
            classes=datamodule.pairs.classes,
            data_digest=datamodule.pairs.digest(),
            split_digest=datamodule.folds.digest(datamodule.pairs.rows),
            choices=select_choices(config),
        )

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """Read a card that ``write`` wrote; None if its format is another."""
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
        """The system with its configuration: shared by runs that differ in seed and fold only."""
        name = re.sub(r"[^\w@.-]+", "-", self.system)
        identity = {"format": self.format, "role": self.role, "group": self.group}
        return f"{name}-{digest_config(identity | {'choices': self.choices})}"

    @property
    def name(self) -> str:
        """Seed and fold, which distinguish the runs of a variant."""
        return name_run(self.seed, self.fold)

    @property
    def folder(self) -> Path:
        """Path of the run folder, relative to the root of all runs."""
        return Path(self.study, self.variant, self.name)


def name_run(seed: int, fold: int) -> str:
    """Name of a run folder within its variant: ``seed0-fold03``."""
    return f"seed{seed}-fold{fold:02d}"


def _name_database(manifest: Path) -> str:
    """Name of a database that has a file only: ``spos/manifest.csv`` is called ``spos``."""
    stem = manifest.resolve().parent.name if manifest.stem == "manifest" else manifest.stem
    return re.sub(r"[^\w.-]+", "-", stem)
