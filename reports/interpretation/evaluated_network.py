"""Networks with the test pairs of one fold and their predictions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from hydra.errors import InstantiationException
from numpy.typing import NDArray
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import Tensor

from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.reports.study import Variant
from posed_spontaneous.runs import RunFolder
from posed_spontaneous.runtime.errors import InputError

_UNREADABLE = (OSError, RuntimeError, InstantiationException, OmegaConfBaseException)
"""No checkpoint, other weights, an operator that is not installed, or an option that is missing."""


@dataclass(frozen=True, eq=False)
class EvaluatedNetwork:
    """A network and N test pairs of its fold, ordered by sample_id.

    Attributes:
        system: The network's name in the tables.
        network: The trained network, in evaluation mode.
        classes: Names of the classes, in the order of the logits.
        predictions: Its predictions for the pairs, N rows; see ``prediction_table``.
        onset: Onset images as the network reads them, ``(N, 1, H, W)``, standardised.
        apex: Apex images as the network reads them, ``(N, 1, H, W)``, standardised.
        onset_images: Onset images to show, ``(N, H, W)``, uint8, 0 to 255.
        apex_images: Apex images to show, ``(N, H, W)``, uint8, 0 to 255.
    """

    system: str
    network: PairNetwork
    classes: Sequence[str]
    predictions: pd.DataFrame
    onset: Tensor
    apex: Tensor
    onset_images: NDArray[np.uint8]
    apex_images: NDArray[np.uint8]

    def select(self, sample_ids: Sequence[str]) -> Self:
        """Return the same network with these pairs only, in this order."""
        places = pd.Index(self.predictions["sample_id"]).get_indexer(pd.Index(sample_ids))
        images = ("onset", "apex", "onset_images", "apex_images")
        return replace(
            self,
            predictions=self.predictions.iloc[places].reset_index(drop=True),
            **{name: getattr(self, name)[places] for name in images},
        )


def runs_of_one_fold(variants: Sequence[Variant]) -> list[RunFolder]:
    """Select one run of each variant, all of the lowest seed and fold that every variant has.

    If they share none, it is the lowest that most of them have, and the others are excluded.
    """
    cells = Counter((run.card.seed, run.card.fold) for v in variants for run in v.runs)
    chosen = min(cells, key=lambda cell: (-cells[cell], cell))
    return [run for v in variants for run in v.runs if (run.card.seed, run.card.fold) == chosen]


def load_networks(runs: Sequence[RunFolder]) -> tuple[dict[str, PairNetwork], list[str]]:
    """Networks by system, and a note for each that cannot be read."""
    networks, notes = {}, []
    for run in runs:
        try:
            networks[run.card.system] = run.network()
        except InputError as error:
            notes.append(f"{run.card.system}: {error}.")
        except _UNREADABLE as error:
            reason = " ".join(str(error).split())
            notes.append(
                f"{run.card.system}: the network in {run.path} cannot be read ({reason}): delete "
                "the folder and train it again."
            )
    return networks, notes


def load_test_pairs(
    runs: Sequence[RunFolder], networks: Mapping[str, PairNetwork]
) -> list[EvaluatedNetwork]:
    """Load the test pairs of runs.

    Args:
        runs: Runs of one study, seed and fold.
        networks: Their networks, by system.

    Raises:
        InputError: If the images cannot be read, or differ from those of the training.
    """
    read: dict[str, PairDataModule] = {}
    evaluated = []
    for run in runs:
        # Most networks of a table have the same DataModule, which reads its images once.
        options = OmegaConf.to_yaml(run.config().datamodule)
        if options not in read:
            read[options] = _read_data(run)
        datamodule, predictions = read[options], run.predictions()
        pairs = datamodule.pairs
        tested = predictions[predictions["part"] == "test"]
        tested = tested.sort_values("sample_id", ignore_index=True)
        rows = pd.Index(pairs.rows["sample_id"]).get_indexer(pd.Index(tested["sample_id"]))
        # As for the predictions: the same standardisation and no augmentation.
        batch = datamodule.read(rows)
        evaluated.append(
            EvaluatedNetwork(
                system=run.card.system,
                network=networks[run.card.system],
                classes=run.card.classes,
                predictions=tested,
                onset=batch["onset"],
                apex=batch["apex"],
                onset_images=pairs.onset[rows],
                apex_images=pairs.apex[rows],
            )
        )
    return evaluated


def _read_data(run: RunFolder) -> PairDataModule:
    try:
        datamodule = run.datamodule()
        pairs = datamodule.pairs
        digests = pairs.digest(), datamodule.folds.digest(pairs.rows)
    except (InstantiationException, InputError, OSError) as error:
        # Hydra wraps exceptions of a target.
        reason = error.__cause__ if isinstance(error, InstantiationException) else None
        raise InputError(" ".join(str(reason or error).split())) from error
    if digests != (run.card.data_digest, run.card.split_digest):
        changed = "folds" if digests[0] == run.card.data_digest else "samples"
        raise InputError(
            f"{datamodule.manifest}: the {changed} differ from those of the training of "
            f"{run.card.folder}: restore the former data, or train again"
        )
    return datamodule
