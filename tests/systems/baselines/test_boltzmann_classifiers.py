"""The estimators: scikit-learn's contract, log Z, groups, and what they must survive."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.boltzmann import (
    AnnealedImportanceSampling,
    BoltzmannPerClass,
    DeepBoltzmannClassifier,
    GroupedBoltzmann,
)
from posed_spontaneous.systems.baselines.boltzmann.score_classifier import ScoreClassifier

Array = NDArray[np.float64]

FEW = {"hidden": 6, "epochs": 10, "rate": 0.01, "ais_steps": 20, "ais_chains": 10}
DEEP = DeepBoltzmannClassifier(
    hidden=(16, 8),
    pretraining_epochs=1,
    joint_epochs=1,
    fine_tuning_epochs=20,
    fine_tuning_rate=0.05,
    batch=32,
)
SMALL = [DEEP, BoltzmannPerClass(**FEW), GroupedBoltzmann(**FEW)]


def expected_failures(estimator: ScoreClassifier) -> dict[str, str]:
    if isinstance(estimator, GroupedBoltzmann):
        reason = "its data have two features, and the last column is the group's code here"
        return {"check_classifiers_train": reason}
    return {}


@parametrize_with_checks(SMALL, expected_failed_checks=expected_failures)
def test_scikit_learn_contract(
    estimator: ScoreClassifier, check: Callable[[ScoreClassifier], None]
) -> None:
    check(estimator)


def three_normals() -> tuple[Array, NDArray[np.int64]]:
    """Three classes of unit deviation in a row, each 5 from the next."""
    y = np.repeat([0, 1, 2], 60)
    return np.random.default_rng(0).normal(size=(180, 4)) + 5 * y[:, None], y


def coins() -> tuple[Array, NDArray[np.int64]]:
    """20 fair coins in the first class, 20 that mostly come up 1 in the second."""
    y = np.repeat([0, 1], 100)
    chance = np.where(y == 0, 0.5, 0.9)[:, None]
    return (np.random.default_rng(0).random((200, 20)) < chance).astype(float), y


@pytest.mark.parametrize(("visible", "data"), [("gaussian", three_normals), ("bernoulli", coins)])
def test_free_energies_fail_where_partition_functions_differ(
    visible: str, data: Callable[[], tuple[Array, NDArray[np.int64]]]
) -> None:
    rows, y = data()
    fitted = BoltzmannPerClass(visible=visible, hidden=4, epochs=20).fit(rows, y)
    scaled = fitted.scaling_(rows)
    energies = torch.stack([d.machine.free_energy(scaled) for d in fitted.densities_])
    # Without log Z the middle normal never wins, nor do the fair coins: each score is then a sum
    # over columns that the other class's exceeds throughout.
    assert np.mean(energies.argmin(dim=0).numpy() == y) < 0.7
    assert fitted.score(rows, y) > 0.95


def test_densities_of_the_coins_are_those_of_coins() -> None:
    rows, y = coins()
    fitted = BoltzmannPerClass(visible="bernoulli", hidden=4, epochs=20).fit(rows, y)
    rates = np.stack([rows[y == code].mean(axis=0) for code in (0, 1)])
    by_hand = rows @ np.log(rates).T + (1 - rows) @ np.log(1 - rates).T
    difference = by_hand[:, 1] - by_hand[:, 0]
    assert np.corrcoef(fitted.decision_function(rows), difference)[0, 1] > 0.95


def test_priors_are_equal_or_counted() -> None:
    rows, y = coins()
    rows, y = rows[50:], y[50:]
    equal = BoltzmannPerClass(**FEW).fit(rows, y)
    counted = BoltzmannPerClass(**FEW, prior="counts").fit(rows, y)
    shift = counted.decision_function(rows) - equal.decision_function(rows)
    np.testing.assert_allclose(shift, np.log(100 / 50))


def crossed_groups() -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """The classes differ in opposite directions in the two groups, whose codes are 3 and 7."""
    generator = np.random.default_rng(0)
    y, group = generator.integers(2, size=(2, 200))
    side = np.where(y == group, 2.5, -2.5)[:, None]
    rows = generator.normal(size=(200, 3)) + side
    return np.column_stack([rows, np.where(group == 0, 3, 7)]), y, group


def test_a_known_group_resolves_what_the_features_alone_cannot() -> None:
    rows, y, _ = crossed_groups()
    known = GroupedBoltzmann(hidden=4, epochs=20, at_test="given").fit(rows, y)
    assert known.score(rows, y) > 0.95
    assert clone(known).set_params(at_test="sum").fit(rows, y).score(rows, y) < 0.7


def test_the_group_is_not_read_at_test_unless_given() -> None:
    rows, y, _ = crossed_groups()
    other = np.column_stack([rows[:, :-1], np.full(len(rows), 99)])
    for at_test in ("largest", "sum"):
        fitted = GroupedBoltzmann(**FEW, at_test=at_test).fit(rows, y)
        np.testing.assert_array_equal(fitted.predict_proba(rows), fitted.predict_proba(other))


def test_scores_of_groups_by_hand() -> None:
    """Code 7 of class 1 is rare, so the machine of the class is used; 8 was never seen."""
    rows, y, group = crossed_groups()
    keep = (y == 0) | (group == 0) | (np.cumsum((y == 1) & (group == 1)) <= 5)
    rows, y, group = rows[keep], y[keep], group[keep]
    fitted = {
        how: GroupedBoltzmann(**FEW, at_test=how, min_rows=10).fit(rows, y)
        for how in ("largest", "sum", "given")
    }
    one = fitted["sum"]
    assert sorted(one.grouped_) == [(0, 0), (0, 1), (1, 0)]
    scaled = one.scaling_(rows[:, :-1])
    of_class = np.stack([density.log(scaled).numpy() for density in one.densities_], axis=1)
    logs = np.repeat(of_class[:, :, None], 2, axis=2)
    for (code, number), density in one.grouped_.items():
        logs[:, code, number] = density.log(scaled).numpy()
    counts = np.array([[((y == c) & (group == g)).sum() for g in (0, 1)] for c in (0, 1)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    by_hand = {
        "largest": logs.max(axis=2),
        "sum": logsumexp(logs, axis=2, b=shares),
        "given": logs[np.arange(len(rows)), :, group],
    }
    for how, scores in by_hand.items():
        decided = fitted[how].decision_function(rows)
        np.testing.assert_allclose(decided, scores[:, 1] - scores[:, 0])
        np.testing.assert_array_equal(fitted[how].predict(rows), (decided > 0).astype(int))
    unseen = np.column_stack([rows[:, :-1], np.full(len(rows), 8)])
    np.testing.assert_allclose(
        fitted["given"].decision_function(unseen), of_class[:, 1] - of_class[:, 0]
    )


@pytest.mark.parametrize("estimator", SMALL)
def test_a_seed_repeats_and_the_global_streams_stay(estimator: ScoreClassifier) -> None:
    rows, y, _ = crossed_groups()
    streams = torch.get_rng_state(), np.random.get_state()[1].tolist()

    def scores(seed: int) -> Array:
        return clone(estimator).set_params(seed=seed).fit(rows, y).decision_function(rows)

    np.testing.assert_array_equal(scores(0), scores(0))
    assert not np.array_equal(scores(0), scores(1))
    assert torch.equal(torch.get_rng_state(), streams[0])
    assert np.random.get_state()[1].tolist() == streams[1]


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("estimator", SMALL)
def test_constant_columns_say_nothing(estimator: ScoreClassifier, visible: str) -> None:
    rows, y, _ = crossed_groups()
    rows = np.column_stack([np.full(len(rows), 0.1), np.zeros(len(rows)), rows])
    fitted = clone(estimator).set_params(visible=visible).fit(rows, y)
    scores = fitted.decision_function(rows)
    assert np.isfinite(scores).all()
    moved = rows + np.array([1e6, -5, 0, 0, 0, 0])
    np.testing.assert_array_equal(fitted.decision_function(moved), scores)


def test_columns_of_0_and_1_stay_as_they_are() -> None:
    rows, y = coins()
    rows[:, 0] = 0
    rows[0, 0] = 1
    fitted = BoltzmannPerClass(**FEW, visible="bernoulli").fit(rows, y)
    np.testing.assert_array_equal(fitted.scaling_(rows).numpy(), rows)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (BoltzmannPerClass(visible="poisson"), "visible: got 'poisson'"),
        (BoltzmannPerClass(prior="flat"), "prior: got 'flat', expected equal or counts"),
        (BoltzmannPerClass(hidden=0), "hidden: got 0"),
        (BoltzmannPerClass(rate=-1), "rate: got -1"),
        (BoltzmannPerClass(ais_chains=1), "ais_chains: got 1"),
        (GroupedBoltzmann(at_test="mean"), "at_test: got 'mean'"),
        (GroupedBoltzmann(min_rows=0), "min_rows: got 0"),
        (DeepBoltzmannClassifier(hidden=(5,)), r"hidden: got \(5,\), expected two numbers"),
        (DeepBoltzmannClassifier(hidden=(5, 0)), "hidden: got"),
        (DeepBoltzmannClassifier(hidden=5), "hidden: got 5, expected two numbers"),
        (DeepBoltzmannClassifier(mean_field_updates=0), "mean_field_updates: got 0"),
        (DeepBoltzmannClassifier(joint_epochs=-1), "joint_epochs: got -1"),
        (DeepBoltzmannClassifier(joint_rate=0), "joint_rate: got 0, expected above 0"),
        (DeepBoltzmannClassifier(fine_tuning_decay=-1), "fine_tuning_decay: got -1"),
    ],
)
def test_a_parameter_out_of_range_is_named(estimator: ScoreClassifier, message: str) -> None:
    with pytest.raises(InputError, match=message):
        estimator.fit(*coins())


@pytest.mark.parametrize("estimator", SMALL)
def test_one_class_alone_is_refused(estimator: ScoreClassifier) -> None:
    with pytest.raises(InputError, match="y: got 1 class"):
        clone(estimator).fit(coins()[0], np.zeros(200))


@pytest.mark.slow
def test_annealing_as_short_as_the_default_agrees_with_one_ten_times_as_long() -> None:
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(12, 136)) * np.geomspace(1, 0.1, 12)[:, None]
    rows = generator.normal(size=(900, 12)) @ factors + 0.3 * generator.normal(size=(900, 136))
    y = generator.integers(2, size=900)
    for density in BoltzmannPerClass().fit(rows, y).densities_:
        short = density.log_z
        long = AnnealedImportanceSampling(5000, 100).log_z(
            density.machine.central_layer(), torch.Generator().manual_seed(1)
        )
        assert abs(short.value - long.value) < 4 * np.hypot(short.error, long.error) < 0.6
