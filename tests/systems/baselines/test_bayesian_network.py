"""The classifier against scikit-learn's rules, and its networks against pgmpy's own figures."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.utils.estimator_checks import parametrize_with_checks

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.bayesian_network import (
    BayesianNetworkClassifier,
    Family,
    fit_network,
    log_likelihood,
)

pytest.importorskip("pgmpy", reason="needs the extra baselines")


@parametrize_with_checks([BayesianNetworkClassifier()])
def test_scikit_learn_accepts_it(estimator, check) -> None:
    check(estimator)


@pytest.fixture
def hand_built():
    """A and B cause C, which has three states."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    model = DiscreteBayesianNetwork([(0, 2), (1, 2)])
    model.add_cpds(
        TabularCPD(0, 2, [[0.3], [0.7]]),
        TabularCPD(1, 2, [[0.9], [0.1]]),
        TabularCPD(
            2,
            3,
            [[0.2, 0.1, 0.5, 0.25], [0.3, 0.6, 0.25, 0.25], [0.5, 0.3, 0.25, 0.5]],
            evidence=[0, 1],
            evidence_card=[2, 2],
        ),
    )
    assert model.check_model()
    return model


EVERY_ROW = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1, 2)])


def test_likelihood_equals_that_of_pgmpy(hand_built) -> None:
    network = [Family(tuple(c.variables), np.log(c.values)) for c in hand_built.get_cpds()]
    ours = np.exp(log_likelihood(network, EVERY_ROW))
    theirs = [hand_built.get_state_probability(dict(enumerate(row))) for row in EVERY_ROW]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    # By hand: P(A = 1) P(B = 0) P(C = 2 | 1, 0).
    assert ours[8] == pytest.approx(0.7 * 0.9 * 0.25)


def test_parameters_equal_those_of_pgmpy(hand_built) -> None:
    from pgmpy.base import DAG
    from pgmpy.parameter_estimator import DiscreteBayesianEstimator

    weights = np.exp(log_likelihood(families(hand_built), EVERY_ROW))
    drawn = np.random.default_rng(0).choice(len(EVERY_ROW), size=2000, p=weights)
    rows, states = EVERY_ROW[drawn], np.array([2, 2, 3])
    network = fit_network(rows, states, max_parents=2, equivalent_sample_size=10)
    graph = DAG([(parent, f.variables[0]) for f in network for parent in f.variables[1:]])
    graph.add_nodes_from(range(3))
    estimator = DiscreteBayesianEstimator(prior_type="BDeu", equivalent_sample_size=10)
    cpds = {c.variable: c for c in estimator.fit(graph, pd.DataFrame(rows)).parameters_}
    assert any(len(family.variables) > 1 for family in network)
    for family in network:
        cpd = cpds[family.variables[0]]
        assert tuple(cpd.variables) == family.variables
        np.testing.assert_allclose(np.exp(family.log_probability), cpd.values, rtol=1e-12)


def test_a_network_is_a_distribution() -> None:
    rows = EVERY_ROW[np.random.default_rng(0).integers(12, size=40)]
    network = fit_network(rows, np.array([2, 2, 3]), max_parents=2, equivalent_sample_size=10)
    assert np.exp(log_likelihood(network, EVERY_ROW)).sum() == pytest.approx(1)


def test_it_learns_what_only_dependence_tells() -> None:
    """Features with equal marginals whose products differ in sign."""
    generator = np.random.default_rng(0)
    y = np.repeat([0, 1], 200)
    first = generator.normal(size=400)
    second = np.where(y, first, -first) + 0.3 * generator.normal(size=400)
    rows = np.column_stack([first, second, generator.normal(size=400)])
    assert BayesianNetworkClassifier(bins=4).fit(rows[::2], y[::2]).score(rows[1::2], y[1::2]) > 0.8


def test_the_larger_likelihood_wins_whatever_the_counts() -> None:
    generator = np.random.default_rng(0)
    rows = np.concatenate([generator.normal(0, 1, (180, 2)), generator.normal(2, 1, (20, 2))])
    y = np.repeat(["posed", "spontaneous"], [180, 20])
    model = BayesianNetworkClassifier().fit(rows, y)
    likelihood = model.predict_log_likelihood(rows)
    np.testing.assert_array_equal(model.predict(rows), model.classes_[likelihood.argmax(axis=1)])
    np.testing.assert_allclose(model.predict_proba(rows), softmax(likelihood, axis=1))


def test_constant_features_and_single_rows_are_no_trouble() -> None:
    rows = np.column_stack([np.zeros(9), np.arange(9.0)])
    with pytest.warns(UserWarning, match="Feature 0 is constant"):
        model = BayesianNetworkClassifier(bins=2).fit(rows, [0] * 8 + [1])
    assert np.isfinite(model.predict_proba([[5.0, -99.0], [0.0, 99.0]])).all()


STRUCTURE = """
import numpy as np
from posed_spontaneous.systems.baselines.bayesian_network import fit_network
generator = np.random.default_rng(0)
rows = (generator.normal(size=(200, 1)) + generator.normal(size=(200, 6)) > 0).astype(int)
network = fit_network(rows, np.full(6, 2), max_parents=2, equivalent_sample_size=10)
structure = [family.variables for family in network]
"""


@pytest.mark.slow
def test_structure_is_the_same_in_every_process() -> None:
    """Ties are common: under the BIC a first edge has equal scores in both directions."""
    here: dict[str, object] = {}
    exec(STRUCTURE, here)
    there = subprocess.run(
        [sys.executable, "-c", STRUCTURE + "print(structure)"],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == str(here["structure"])


def test_a_prior_without_weight_is_refused() -> None:
    with pytest.raises(InputError, match="equivalent_sample_size: got 0"):
        BayesianNetworkClassifier(equivalent_sample_size=0).fit([[0.0], [1.0]], [0, 1])


def test_without_pgmpy_it_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pgmpy.causal_discovery", None)
    with pytest.raises(InputError, match=r"\.\[baselines\]"):
        BayesianNetworkClassifier().fit(np.random.default_rng(0).normal(size=(20, 2)), [0, 1] * 10)


def families(model) -> list[Family]:
    return [Family(tuple(c.variables), np.log(c.values)) for c in model.get_cpds()]
