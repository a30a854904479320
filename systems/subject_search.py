"""Hyperparameters chosen within the training fold, by folds over its subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GridSearchCV, GroupKFold

from posed_spontaneous.evaluation import margins_to_scores
from posed_spontaneous.runtime.errors import InputError


@dataclass(eq=False, repr=False)
class SubjectSearch(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A grid search by folds over the training subjects; the best is fitted on all of them.

    Args:
        estimator: The estimator to fit.
        grid: Candidate values of each parameter; an empty grid chooses nothing. Of equally good
            candidates the first is chosen.
        inner_folds: Folds of the search.
    """

    estimator: BaseEstimator
    grid: Mapping[str, Sequence[Any]]
    inner_folds: int = 3

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:  # noqa: N803
        """Choose hyperparameters and fit.

        Args:
            X: Features, N rows.
            y: Classes, ``(N,)``.
            groups: Subject of each row, ``(N,)``; None treats each row as a subject.

        Raises:
            InputError: If there are too few subjects to choose on.
        """
        subjects = np.arange(len(np.asarray(y))) if groups is None else np.asarray(groups)
        self.best_params_: dict[str, Any] = {}
        if not self.grid:
            self.fitted_ = clone(self.estimator).fit(X, y)
        else:
            folds = min(self.inner_folds, len(np.unique(subjects)))
            if folds < 2:
                raise InputError(
                    "hyperparameters: got one training subject, expected at least 2 to choose "
                    "them on: use fewer folds or more subjects"
                )
            search = GridSearchCV(
                clone(self.estimator),
                {name: list(values) for name, values in self.grid.items()},
                scoring="balanced_accuracy",
                cv=GroupKFold(folds),
            ).fit(X, y, groups=subjects)
            self.fitted_, self.best_params_ = search.best_estimator_, search.best_params_
        self.classes_ = self.fitted_.classes_
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Class of each row, ``(N,)``."""
        predicted: NDArray[Any] = self.fitted_.predict(X)
        return predicted

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating]:  # noqa: N803
        """Scores, ``(N, classes)``, 0 to 1: probabilities, or margins mapped to this range."""
        if hasattr(self.fitted_, "predict_proba"):
            scores: NDArray[np.floating] = self.fitted_.predict_proba(X)
            return scores
        return margins_to_scores(self.fitted_.decision_function(X))
