"""Scores of classifiers that know distances and no probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax


def squash_distances(distances: NDArray[np.floating]) -> NDArray[np.floating]:
    """Distances from a margin as scores of 0 to 1; they order as the distances do.

    They are no probabilities.

    Args:
        distances: ``(N,)`` for two classes, positive for the second, or ``(N, classes)``.

    Returns:
        Scores, ``(N, classes)``.
    """
    if distances.ndim == 1:
        return np.column_stack([expit(-distances), expit(distances)])
    return np.asarray(softmax(distances, axis=1))
