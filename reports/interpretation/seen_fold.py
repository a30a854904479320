"""One fold as a network saw it: its test pairs, standardised, beside what it said of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from numpy.typing import NDArray
from omegaconf import OmegaConf
from torch import Tensor

from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.reports.study import Variant
from posed_spontaneous.runs import RunFolder
from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True, eq=False)
class SeenFold:
    """A network and the N test pairs of its fold, ordered by sample_id.

    Attributes:
        system: The network's name in the paper's tables.
        network: The trained network, in evaluation mode.
        classes: Names of the classes, in the order of the logits.
        predictions: What it said of the pairs, N rows; see ``prediction_table``.
        onset: Onset images as it read them, ``(N, 1, H, W)``, standardised.
        apex: Apex images as it read them, ``(N, 1, H, W)``, standardised.
        onset_images: Onset images for the eye, ``(N, H, W)``, uint8, 0 to 255.
        apex_images: Apex images for the eye, ``(N, H, W)``, uint8, 0 to 255.
    """

    system: str
    network: PairNetwork
    classes: Sequence[str]
    predictions: pd.DataFrame
    onset: Tensor
    apex: Tensor
    onset_images: NDArray[np.uint8]
    apex_images: NDArray[np.uint8]

    def pick(self, sample_ids: Sequence[str]) -> "SeenFold":
        """The same network with these pairs alone, in this order."""
        places = pd.Index(self.predictions["sample_id"]).get_indexer(pd.Index(sample_ids))
        return SeenFold(
            self.system,
            self.network,
            self.classes,
            self.predictions.iloc[places].reset_index(drop=True),
            self.onset[places],
            self.apex[places],
            self.onset_images[places],
            self.apex_images[places],
        )


def runs_of_one_fold(variants: Sequence[Variant]) -> list[RunFolder]:
    """One run of each variant, all of the lowest seed and fold that every variant has.

    Where they share none, the lowest of those that most have; the other variants are left out.
    """
    cells = Counter((run.card.seed, run.card.fold) for v in variants for run in v.runs)
    chosen = min(cells, key=lambda cell: (-cells[cell], cell))
    return [run for v in variants for run in v.runs if (run.card.seed, run.card.fold) == chosen]


def see_folds(runs: Sequence[RunFolder], networks: Mapping[str, PairNetwork]) -> list[SeenFold]:
    """Set networks before the test pairs of their fold.

    Args:
        runs: Runs of one study, seed and fold.
        networks: Their networks, by system.

    Raises:
        InputError: If the images are gone, or are not those that a run was trained on.
    """
    read: dict[str, PairDataModule] = {}
    folds = []
    for run in runs:
        # The networks of a table share one DataModule: its images are read once.
        choices = OmegaConf.to_yaml(run.config().datamodule)
        if choices not in read:
            read[choices] = _read_data(run)
        folds.append(_see_fold(run, networks[run.card.system], read[choices]))
    return folds


def _read_data(run: RunFolder) -> PairDataModule:
    try:
        datamodule: PairDataModule = instantiate(run.config().datamodule)
        pairs = datamodule.pairs
        digests = pairs.digest(), datamodule.folds.digest(pairs.rows)
    except (InstantiationException, InputError, OSError) as error:
        # Hydra wraps what a target raises.
        reason = error.__cause__ if isinstance(error, InstantiationException) else None
        raise InputError(" ".join(str(reason or error).split())) from error
    if digests != (run.card.data_digest, run.card.split_digest):
        changed = "folds" if digests[0] == run.card.data_digest else "samples"
        raise InputError(
            f"{datamodule.manifest}: found other {changed} than {run.card.folder} was trained on: "
            "put the former data back, or train again"
        )
    return datamodule


def _see_fold(run: RunFolder, network: PairNetwork, datamodule: PairDataModule) -> SeenFold:
    predictions = run.predictions()
    tested = predictions[predictions["part"] == "test"].sort_values("sample_id", ignore_index=True)
    pairs = datamodule.pairs
    rows = pd.Index(pairs.rows["sample_id"]).get_indexer(pd.Index(tested["sample_id"]))
    # As for predictions: the same standardisation, no augmentation.
    batch = datamodule.read(rows)
    return SeenFold(
        system=run.card.system,
        network=network,
        classes=run.card.classes,
        predictions=tested,
        onset=batch["onset"],
        apex=batch["apex"],
        onset_images=pairs.onset[rows],
        apex_images=pairs.apex[rows],
    )
