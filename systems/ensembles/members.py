"""Which stored runs form an ensemble, and which runs are missing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.runs import RunCard, RunFolder, add_sources, digest_config
from posed_spontaneous.runtime.errors import InputError

PLACEMENTS = (1, 2, 3)


@dataclass(frozen=True)
class Ensemble:
    """Networks that differ in their placement only, with one seed and fold (paper, section 3.2).

    Args:
        members: The runs by placement.
    """

    members: Mapping[int, RunFolder]

    def card(self, svm: DictConfig) -> RunCard:
        """The identity of the run of the ensemble.

        Args:
            svm: Configuration of the classifier.
        """
        card = self.members[PLACEMENTS[0]].card
        return replace(
            card,
            kind="ensemble",
            system=f"CompCNN-{card.operator}-SVM",
            placement=None,
            scores="margins",
            choices=add_sources(
                {"svm": OmegaConf.to_container(svm), "members": _shared_choices(card)}
            ),
        )

    def samples(self) -> pd.DataFrame:
        """The samples of all members with the part of each.

        Raises:
            InputError: If the members were trained or tested on different samples.
        """
        columns = ["sample_id", "subject_id", "label", "part"]
        first, *others = (self.members[placement] for placement in PLACEMENTS)
        table = first.predictions()
        for other in others:
            if not table[columns].equals(other.predictions()[columns]):
                raise InputError(
                    f"{other.path}: its split differs from that of {first.path}, expected the same "
                    "samples in the same parts: train both again on one manifest"
                )
        return table.loc[:, :"part"]

    def features(self, sample_ids: pd.Series) -> NDArray[np.float32]:
        """Concatenated features of the members, ``(N, 3 * F)``, in the order of the ids."""
        tables = [self.members[placement].features() for placement in PLACEMENTS]
        return np.hstack([table.loc[list(sample_ids)].to_numpy(np.float32) for table in tables])


@dataclass(frozen=True)
class Inventory:
    """The ensembles that stored runs form.

    Args:
        complete: Ensembles with all members.
        missing: A line for each run that an ensemble lacks.
        partial: A line for each placement of which a family has no run.
    """

    complete: list[Ensemble]
    missing: list[str]
    partial: list[str]


def find_ensembles(runs: Sequence[RunFolder]) -> Inventory:
    """Group stored runs into ensembles.

    Args:
        runs: Finished runs of any kind.
    """
    families: dict[str, list[RunFolder]] = defaultdict(list)
    for run in runs:
        if run.card.kind == "network" and run.card.placement is not None:
            families[_name_family(run.card)].append(run)
    found = Inventory([], [], [])
    for family, members in sorted(families.items()):
        placements = {run.card.placement for run in members}
        if absent := sorted(set(PLACEMENTS) - placements):
            found.partial.extend(f"{family}: no run of placement {at}" for at in absent)
            continue
        by_place = {(run.card.seed, run.card.fold, run.card.placement): run for run in members}
        for seed in sorted({run.card.seed for run in members}):
            for fold in range(members[0].card.folds):
                cell = {at: by_place.get((seed, fold, at)) for at in PLACEMENTS}
                complete = {at: run for at, run in cell.items() if run is not None}
                if len(complete) == len(cell):
                    found.complete.append(Ensemble(complete))
                found.missing.extend(
                    f"{family}: no run of placement {at}, seed {seed}, fold {fold}"
                    for at in cell.keys() - complete.keys()
                )
    return found


def _name_family(card: RunCard) -> str:
    identity = {"role": card.role, "group": card.group, "choices": _shared_choices(card)}
    return f"{card.study}/CompCNN-{card.operator}-{digest_config(identity)}"


def _shared_choices(card: RunCard) -> dict[str, Any]:
    network = {k: v for k, v in card.choices["network"].items() if k != "placement"}
    return {**card.choices, "network": network}
