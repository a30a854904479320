"""The format in which every system stores its predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.dataset.manifest import SCORE_PREFIX
from posed_spontaneous.evaluation import score

PREDICTIONS, FEATURES, METRICS = "predictions.parquet", "features.npz", "metrics.json"


def prediction_table(
    samples: pd.DataFrame, classes: Sequence[str], scores: NDArray[np.floating]
) -> pd.DataFrame:
    """One row a sample: its columns of the manifest, its part, the prediction and the scores.

    Args:
        samples: ``sample_id, subject_id, label, part`` and any other columns of N samples.
        classes: Names of the classes, in the order of the scores.
        scores: Score of each class, ``(N, classes)``, 0 to 1; the largest is the prediction.

    Raises:
        FloatingPointError: If a score is not finite; such a run must not be stored.
    """
    if not np.isfinite(scores).all():
        raise FloatingPointError("the training diverged: some scores are not finite")
    table = samples.assign(predicted=np.asarray(classes)[scores.argmax(axis=1)])
    table[score_columns(classes)] = scores
    return table


def score_columns(classes: Sequence[str]) -> list[str]:
    """Names of the columns that hold the scores of the classes."""
    return [SCORE_PREFIX + name for name in classes]


def write_predictions(folder: Path, table: pd.DataFrame) -> None:
    """Write a prediction table, and the metrics of its test part."""
    table.to_parquet(folder / PREDICTIONS, index=False)
    metrics = score(table[table["part"] == "test"])
    (folder / METRICS).write_text(metrics.to_json(indent=2) + "\n")


def write_outputs(
    folder: Path,
    samples: pd.DataFrame,
    classes: Sequence[str],
    row: Tensor,
    scores: Tensor,
    features: Tensor,
) -> None:
    """Write the outputs of a network for every sample: predictions and features.

    Args:
        folder: The run folder.
        samples: N samples in the order of the manifest; see ``prediction_table``.
        classes: Names of the classes, in the order of the scores.
        row: Row of each sample in the manifest, ``(N,)``, in any order.
        scores: Score of each class, ``(N, classes)``, 0 to 1, in the order of ``row``.
        features: Features, ``(N, F)``, in the order of ``row``.
    """
    order = row.argsort()
    sorted_scores, sorted_features = (
        part[order].float().cpu().numpy() for part in (scores, features)
    )
    write_predictions(folder, prediction_table(samples, classes, sorted_scores))
    np.savez_compressed(
        folder / FEATURES,
        sample_id=samples["sample_id"].to_numpy(str),
        features=sorted_features,
    )
