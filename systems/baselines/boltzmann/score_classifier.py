"""The methods of scikit-learn's classifiers that follow from scores of the classes."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from posed_spontaneous.runtime.errors import InputError


class ScoreClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose scores are log probabilities up to a constant of each row.

    Attributes:
        classes_: The C class labels, sorted.
        n_features_in_: Number of columns D of the training rows.
    """

    @abstractmethod
    def _scores(self, rows: NDArray[np.float64]) -> Tensor:
        """Scores of rows ``(N, D)``: ``(N, C)``."""

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Scores ``(N, C)``; for two classes the second minus the first, ``(N,)``."""
        scores = self._checked_scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of the classes, ``(N, C)``, 0 to 1."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Log probabilities of the classes, ``(N, C)``."""
        logs: NDArray[np.float64] = log_softmax(self._checked_scores(X), axis=1)
        return logs

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The class of the highest score, ``(N,)``."""
        scores = self._checked_scores(X)
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def _checked_scores(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        check_is_fitted(self)
        return np.asarray(self._scores(validate_data(self, X, dtype=np.float64, reset=False)))

    def _training_data(
        self,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        columns: int = 1,
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Checked rows ``(N, D)``, D at least ``columns``, and class codes ``(N,)``."""
        rows, labels = validate_data(self, X, y, dtype=np.float64, ensure_min_features=columns)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError("y: got 1 class, expected 2 or more: add samples of another class")
        return rows, codes
