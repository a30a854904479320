"""Hyperparameters are chosen by subjects: what identifies a person must not be chosen."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems import SubjectSearch


def sample_people(subjects: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Column 0 identifies the person, each of one class; column 1 predicts the class with noise."""
    draw = np.random.default_rng(0)
    subject = np.repeat(np.arange(subjects), 5)
    target = draw.permutation(np.arange(subjects) % 2)[subject]
    noise = draw.normal(0, [0.1, 1.0], (len(subject), 2))
    return np.column_stack([10.0 * subject, 2.0 * target]) + noise, target, subject


def take_column(features: np.ndarray, column: int) -> np.ndarray:
    return features[:, [column]]


def test_subjects_are_kept_whole() -> None:
    """The column that identifies persons wins only if persons are split between folds."""
    features, target, subject = sample_people()
    system = make_pipeline(FunctionTransformer(take_column), KNeighborsClassifier(3))
    grid = {"functiontransformer__kw_args": [{"column": 0}, {"column": 1}]}
    draw = np.random.default_rng(1).permutation(len(target))
    split = SubjectSearch(system, grid).fit(features[draw], target[draw])
    whole = SubjectSearch(system, grid).fit(features, target, groups=subject)
    assert split.best_params_["functiontransformer__kw_args"] == {"column": 0}
    assert whole.best_params_["functiontransformer__kw_args"] == {"column": 1}


def test_scores_have_the_order_of_the_margins() -> None:
    features, target, subject = sample_people()
    for classes in (2, 3):
        labels = target if classes == 2 else subject % 3
        search = SubjectSearch(LinearSVC(dual="auto"), {"C": [0.1, 1.0]})
        search.fit(features, labels, groups=subject)
        scores = search.predict_proba(features)
        assert scores.shape == (len(labels), classes)
        assert np.allclose(scores.sum(axis=1), 1)
        assert np.array_equal(search.classes_[scores.argmax(axis=1)], search.predict(features))


def test_probabilities_are_used_if_available() -> None:
    features, target, subject = sample_people()
    search = SubjectSearch(LogisticRegression(), {}).fit(features, target, groups=subject)
    plain = LogisticRegression().fit(features, target)
    assert np.allclose(search.predict_proba(features), plain.predict_proba(features))
    assert search.best_params_ == {}


def test_one_subject_is_refused() -> None:
    features, target, _ = sample_people(2)
    with pytest.raises(InputError, match="got one training subject"):
        SubjectSearch(LinearSVC(), {"C": [1.0, 2.0]}).fit(
            features, target, groups=np.zeros(len(target))
        )


def test_of_equally_good_candidates_the_first_is_chosen() -> None:
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1], 30)
    features = targets[:, None] * 10 + rng.normal(size=(60, 3))
    subjects = np.tile(np.arange(6), 10)
    search = SubjectSearch(LinearSVC(), {"C": [0.01, 0.1, 1.0]}).fit(features, targets, subjects)
    assert search.best_params_ == {"C": 0.01}
