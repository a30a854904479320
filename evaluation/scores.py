"""How often a run is wrong, by scikit-learn: what stands beside each run's predictions."""

import pandas as pd
from sklearn.metrics import f1_score, matthews_corrcoef, recall_score


def score(predictions: pd.DataFrame) -> pd.Series:
    """Figures of one set of predictions.

    Args:
        predictions: Rows with ``label`` and ``predicted``.

    Returns:
        ``error`` (share of wrong rows, 0 to 1), ``balanced_accuracy`` (mean recall of the
        classes, also called UAR), ``f1`` (unweighted mean over classes, UF1), ``mcc``
        (Matthews correlation, -1 to 1) and ``samples``, their number.
    """
    truth, predicted = predictions["label"], predictions["predicted"]
    # Over the classes present: the fold of a single subject may lack one.
    recall = recall_score(
        truth, predicted, labels=truth.unique(), average="macro", zero_division=0.0
    )
    return pd.Series(
        {
            "error": float((truth != predicted).mean()),
            "balanced_accuracy": float(recall),
            "f1": f1_score(truth, predicted, average="macro", zero_division=0.0),
            "mcc": matthews_corrcoef(truth, predicted),
            "samples": float(len(predictions)),
        }
    )
