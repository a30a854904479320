"""How often a system is wrong, over one set of predictions or over folds."""

import pandas as pd
from sklearn.metrics import f1_score, matthews_corrcoef, recall_score

FIGURES = ("error", "balanced_accuracy", "f1", "mcc")


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


def pooled(predictions: pd.DataFrame) -> pd.DataFrame:
    """Figures over all folds' samples together, one row a seed.

    The paper's tables are pooled: every figure on the NVIE subset is a count over 1028 samples.

    Args:
        predictions: Test rows of one system, with ``seed``, ``label`` and ``predicted``.
    """
    return by_group(predictions, ["seed"])


def fold_mean(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean of the folds' figures, each fold counted alike, one row a seed.

    Args:
        predictions: Test rows of one system, with ``seed``, ``fold``, ``label``, ``predicted``.
    """
    return by_group(predictions, ["seed", "fold"]).groupby("seed").mean()


def by_group(predictions: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Figures of each group of rows, indexed by what the columns hold.

    Args:
        predictions: Rows with ``label``, ``predicted`` and the columns.
        columns: What a group has in common.
    """
    groups = predictions.groupby(columns)[["label", "predicted"]]
    return pd.DataFrame(groups.apply(score))
