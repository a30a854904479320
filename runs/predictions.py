"""The form in which every system writes what it said of every sample."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.dataset.manifest import SCORE_PREFIX
from posed_spontaneous.evaluation import score

PREDICTIONS, FEATURES, METRICS = "predictions.parquet", "features.npz", "metrics.json"


def score_columns(classes: Sequence[str]) -> list[str]:
    """Names of the columns that hold the classes' scores."""
    return [SCORE_PREFIX + name for name in classes]


def prediction_table(
    samples: pd.DataFrame, classes: Sequence[str], scores: NDArray[np.floating]
) -> pd.DataFrame:
    """One row a sample: its identity, the part it stood in, the prediction and the scores.

    Args:
        samples: ``sample_id, subject_id, label, part`` and whatever else describes N samples.
        classes: Names of the classes, in the order of the scores.
        scores: Score of each class, ``(N, classes)``, 0 to 1; the largest is the prediction.

    Raises:
        FloatingPointError: If a score is not finite; such a run failed and must not be stored.
    """
    if not np.isfinite(scores).all():
        raise FloatingPointError("the training diverged: some scores are not finite")
    table = samples.assign(predicted=np.asarray(classes)[scores.argmax(axis=1)])
    table[score_columns(classes)] = scores
    return table


def write_features(folder: Path, sample_ids: pd.Series, features: NDArray[np.floating]) -> None:
    """Write fc2 features ``(N, width)`` beside the ids they belong to."""
    np.savez_compressed(
        folder / FEATURES,
        sample_id=np.asarray(sample_ids, dtype=str),
        features=features.astype(np.float32),
    )


def write_predictions(folder: Path, table: pd.DataFrame) -> None:
    """Write a prediction table, and the test part's figures beside it."""
    table.to_parquet(folder / PREDICTIONS, index=False)
    figures = score(table[table["part"] == "test"])
    (folder / METRICS).write_text(figures.to_json(indent=2) + "\n")


def write_facts(
    folder: Path,
    samples: pd.DataFrame,
    classes: Sequence[str],
    row: Tensor,
    scores: Tensor,
    features: Tensor,
) -> None:
    """Write what a network said of every sample: predictions and fc2 features.

    Args:
        folder: The run folder.
        samples: N samples in the order of the manifest, as ``prediction_table`` takes them.
        classes: Names of the classes, in the order of the scores.
        row: Row of each sample in the manifest, ``(N,)``, in whatever order they were read.
        scores: Score of each class, ``(N, classes)``, 0 to 1.
        features: Outputs of fc2, ``(N, hidden[1])``.
    """
    rows, said, told = (part.float().cpu().numpy() for part in (row, scores, features))
    order = rows.argsort()
    table = prediction_table(samples, classes, said[order])
    write_predictions(folder, table)
    write_features(folder, table["sample_id"], told[order])


def read_features(folder: Path) -> pd.DataFrame:
    """fc2 features of a run, one row a sample, indexed by sample_id."""
    with np.load(folder / FEATURES) as stored:
        index = pd.Index(stored["sample_id"], name="sample_id")
        return pd.DataFrame(stored["features"], index=index)
