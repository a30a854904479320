"""Metrics of a single table of predictions, and scores of classifiers without probabilities."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.metrics import f1_score, matthews_corrcoef, recall_score


def score(predictions: pd.DataFrame) -> pd.Series:
    """Compute the metrics that are stored next to each run's predictions, by scikit-learn.

    Args:
        predictions: Rows with ``label`` and ``predicted``.

    Returns:
        ``error`` (fraction of wrong rows, 0 to 1), ``balanced_accuracy`` (mean recall of the
        classes, UAR), ``f1`` (unweighted mean over the classes, UF1), ``mcc`` (Matthews
        correlation, -1 to 1) and ``samples``, the number of rows.
    """
    labels, predicted = predictions["label"], predictions["predicted"]
    # Only over the classes that are present: the fold of a single subject may lack one.
    recall = recall_score(
        labels, predicted, labels=labels.unique(), average="macro", zero_division=0.0
    )
    return pd.Series(
        {
            "error": float((labels != predicted).mean()),
            "balanced_accuracy": float(recall),
            "f1": f1_score(labels, predicted, average="macro", zero_division=0.0),
            "mcc": matthews_corrcoef(labels, predicted),
            "samples": float(len(predictions)),
        }
    )


def margins_to_scores(margins: NDArray[np.floating]) -> NDArray[np.floating]:
    """Map signed distances from decision boundaries to 0 to 1, without changing their order.

    The scores are not probabilities.

    Args:
        margins: ``(N,)`` for two classes, positive for the second, or ``(N, classes)``.

    Returns:
        Scores, ``(N, classes)``.
    """
    if margins.ndim == 1:
        return np.column_stack([expit(-margins), expit(margins)])
    return np.asarray(softmax(margins, axis=1))
