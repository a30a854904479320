"""Scores of classifiers that compute margins but no probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax


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
