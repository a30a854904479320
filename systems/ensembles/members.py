"""Which stored runs make an ensemble, and what is missing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runs import RunCard, RunFolder, digest_config
from posed_spontaneous.runtime.errors import InputError

PLACEMENTS = (1, 2, 3)


@dataclass(frozen=True)
class Ensemble:
    """The networks that differ in placement only, at one seed and fold.

    Args:
        members: The runs, one for each placement.
    """

    members: Mapping[int, RunFolder]

    def card(self, svm: DictConfig) -> RunCard:
        """The identity of the SVM's run.

        Args:
            svm: Configuration of the SVM.
        """
        card = self.members[PLACEMENTS[0]].card
        return replace(
            card,
            kind="ensemble",
            system=_without_placement(card.system) + "-SVM",
            choices={"svm": OmegaConf.to_container(svm), "members": _shared_choices(card)},
        )

    def samples(self) -> pd.DataFrame:
        """The samples that all members saw, with the part each stood in.

        Raises:
            InputError: If the members were trained or tested on different samples.
        """
        columns = ["sample_id", "subject_id", "label", "part"]
        first, *others = (self.members[placement] for placement in PLACEMENTS)
        table = first.predictions()
        for other in others:
            if not table[columns].equals(other.predictions()[columns]):
                raise InputError(
                    f"{other.path}: its split is not that of {first.path}, expected the same "
                    "samples in the same parts: train both again on one manifest"
                )
        return table.loc[:, :"part"]

    def features(self, sample_ids: pd.Series) -> NDArray[np.float32]:
        """Joined fc2 features of the placements, ``(N, 3 * width)``, in the order asked for."""
        tables = [self.members[placement].features() for placement in PLACEMENTS]
        return np.hstack([table.loc[list(sample_ids)].to_numpy(np.float32) for table in tables])


@dataclass(frozen=True)
class Inventory:
    """What stored runs allow.

    Args:
        complete: The ensembles that can be fitted.
        missing: A line for each run that an ensemble lacks.
        partial: A line for each placement of which a family has no run at all.
    """

    complete: list[Ensemble]
    missing: list[str]
    partial: list[str]


def find_ensembles(runs: Sequence[RunFolder]) -> Inventory:
    """Group stored runs into ensembles.

    Args:
        runs: Finished runs, of any kind.
    """
    families: dict[str, list[RunFolder]] = defaultdict(list)
    for run in runs:
        if "placement" in run.card.choices.get("network", {}):
            shared = digest_config(_shared_choices(run.card))
            family = f"{run.card.study}/{_without_placement(run.card.system)}-{shared}"
            families[family].append(run)
    found = Inventory([], [], [])
    for family, members in sorted(families.items()):
        placements = {_placement(run.card) for run in members}
        if absent := sorted(set(PLACEMENTS) - placements):
            found.partial.extend(f"{family}: no run @{at} at all" for at in absent)
            continue
        for seed in sorted({run.card.seed for run in members}):
            for fold in range(members[0].card.folds):
                cell = {
                    _placement(run.card): run
                    for run in members
                    if (run.card.seed, run.card.fold) == (seed, fold)
                }
                if absent := sorted(placements - cell.keys()):
                    place = f"seed {seed}, fold {fold}"
                    found.missing.extend(f"{family}: no run @{at}, {place}" for at in absent)
                else:
                    found.complete.append(Ensemble(cell))
    return found


def _placement(card: RunCard) -> int:
    return int(card.choices["network"]["placement"])


def _without_placement(system: str) -> str:
    return system.rpartition("@")[0]


def _shared_choices(card: RunCard) -> dict[str, Any]:
    network = {k: v for k, v in card.choices["network"].items() if k != "placement"}
    return {**card.choices, "network": network}
