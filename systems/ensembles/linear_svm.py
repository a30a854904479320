"""The SVM that joins the features of several networks (paper, section 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from posed_spontaneous.evaluation import margins_to_scores
from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True)
class LinearSVM:
    """A linear SVM whose scaler and cost are chosen on what it is fitted on.

    The paper names neither the cost nor how it was chosen; here a search over folds of the
    training subjects chooses it, and the smallest of equally good costs is taken.

    Args:
        costs: Candidates for C.
        inner_folds: Folds of the search, subjects kept whole.
    """

    costs: Sequence[float]
    inner_folds: int

    def fit(
        self,
        features: NDArray[np.float32],
        targets: NDArray[np.int64],
        subjects: NDArray[np.str_],
    ) -> Pipeline:
        """Choose C and fit on all rows given.

        Args:
            features: ``(N, width)``.
            targets: Class codes, ``(N,)``.
            subjects: Subject of each row, ``(N,)``.

        Raises:
            InputError: If there are too few subjects to choose a cost.
        """
        if len(set(subjects)) < 2:
            raise InputError(
                "svm: got one training subject, expected at least 2 to choose the cost on: use "
                "fewer folds or more subjects"
            )
        # The solver draws at random where features outnumber samples.
        pipeline = make_pipeline(StandardScaler(), LinearSVC(max_iter=10_000, random_state=0))
        folds = GroupKFold(min(self.inner_folds, len(set(subjects))))
        grid = {"linearsvc__C": sorted(self.costs)}
        search = GridSearchCV(pipeline, grid, scoring="balanced_accuracy", cv=folds)
        fitted: Pipeline = search.fit(features, targets, groups=subjects).best_estimator_
        return fitted

    @staticmethod
    def scores(fitted: Pipeline, features: NDArray[np.float32]) -> NDArray[np.floating]:
        """Squashed distances from the margin, ``(N, classes)``, 0 to 1; no probabilities."""
        return margins_to_scores(fitted.decision_function(features))
