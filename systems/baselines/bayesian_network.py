"""One Bayesian network a class: the class under which a sample is likelier wins."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import KBinsDiscretizer
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from posed_spontaneous.runtime.errors import InputError

States = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """A variable given its parents.

    Attributes:
        variables: Columns of the variable and then of its parents.
        log_probability: Log-probability of the variable's state (first axis) under each joint
            state of the parents (the other axes).
    """

    variables: tuple[int, ...]
    log_probability: Floats


@dataclass(kw_only=True, eq=False, repr=False)
class BayesianNetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Discretised features, and a Bayesian network over them for each class.

    Wang et al. 2015. Stated: 19 geometric features, one Bayesian network a class, the larger
    likelihood wins. Not stated: the discretisation, the search, the smoothing; further
    networks by gender or expression. Chosen: bins of equal counts on the training rows, the same
    for all classes; hill climbing from no edge under the BIC, by pgmpy; a uniform Dirichlet (BDeu)
    prior on the parameters; no prior on the classes, since the likelihoods alone decide, so a
    rarer class is not at a disadvantage.

    Args:
        bins: States of a feature, at least 2; three read as less, as usual and more.
        max_parents: Parents of a feature in the network; they multiply its table.
        equivalent_sample_size: Weight of the uniform prior in each table, in samples, above 0.

    Attributes:
        classes_: The classes, sorted.
        binning_: The fitted discretiser.
        networks_: The families of each class's network.
    """

    bins: int = 3
    max_parents: int = 2
    equivalent_sample_size: float = 10.0

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Learn bins, structures and parameters.

        Args:
            X: Features, ``(N, D)``.
            y: Classes, ``(N,)``.

        Raises:
            InputError: If pgmpy is not installed, or the prior has no weight.
        """
        if self.equivalent_sample_size <= 0:
            raise InputError(
                f"equivalent_sample_size: got {self.equivalent_sample_size}, expected above 0: "
                "without a prior, a state that the class has not shown is impossible"
            )
        features, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.binning_ = KBinsDiscretizer(self.bins, encode="ordinal", strategy="quantile")
        self.binning_.fit(features)
        rows, states = self._discretise(features), self.binning_.n_bins_
        self.networks_ = [
            fit_network(
                rows[codes == code],
                states,
                max_parents=self.max_parents,
                equivalent_sample_size=self.equivalent_sample_size,
            )
            for code in range(len(self.classes_))
        ]
        return self

    def predict_log_likelihood(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Log-likelihood of each row under each class's network, ``(N, classes)``."""
        check_is_fitted(self)
        rows = self._discretise(validate_data(self, X, reset=False))
        return np.column_stack([log_likelihood(network, rows) for network in self.networks_])

    def predict_proba(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Share of each class in the likelihoods, ``(N, classes)``."""
        shares: Floats = softmax(self.predict_log_likelihood(X), axis=1)
        return shares

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The class under which each row is likeliest, ``(N,)``."""
        likeliest = self.predict_log_likelihood(X).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def _discretise(self, features: Floats) -> States:
        return np.asarray(self.binning_.transform(features), np.int64)


def fit_network(
    rows: States, states: States, *, max_parents: int, equivalent_sample_size: float
) -> list[Family]:
    """A Bayesian network of discrete rows.

    Args:
        rows: State of each variable, ``(N, D)``.
        states: Number of each variable's states, ``(D,)``.
        max_parents: Parents of a variable at most.
        equivalent_sample_size: Weight of the uniform prior in each table.
    """
    return [
        _fit_family(rows, states, (variable, *parents), equivalent_sample_size)
        for variable, parents in enumerate(_search_parents(rows, states, max_parents))
    ]


def log_likelihood(network: list[Family], rows: States) -> Floats:
    """Log-probability of each row ``(N, D)`` under a network, ``(N,)``."""
    terms = [family.log_probability[tuple(rows.T[list(family.variables)])] for family in network]
    total: Floats = np.sum(terms, axis=0)
    return total


def _search_parents(rows: States, states: States, max_parents: int) -> list[list[int]]:
    """Parents of each variable, by hill climbing under the BIC."""
    # Seconds to import, and not part of a plain installation.
    try:
        from pgmpy.causal_discovery import HillClimbSearch
        from pgmpy.structure_score import BIC
    except ImportError as error:
        raise InputError(
            "baseline: Bayesian networks need pgmpy, which is not installed: "
            "pip install -e '.[baselines]'"
        ) from error
    # One row carries no information about the dependence of two variables.
    if len(rows) < 2:
        return [[] for _ in states]
    # Names stay numbers: pgmpy keeps edges in sets, and the order of texts in a set differs from
    # process to process, which would decide between edges of equal score.
    table = pd.DataFrame(rows).astype("category")
    # Of all classes: a state that this class lacks still has a place in its tables.
    score = BIC(table, state_names={name: list(range(n)) for name, n in enumerate(states)})
    search = HillClimbSearch(
        scoring_method=score, max_indegree=max_parents, return_type="dag", show_progress=False
    )
    graph = search.fit(table).causal_graph_
    return [sorted(graph.predecessors(variable)) for variable in range(len(states))]


def _fit_family(
    rows: States, states: States, variables: tuple[int, ...], equivalent_sample_size: float
) -> Family:
    sizes = states[list(variables)]
    counts = np.full(sizes, equivalent_sample_size / sizes.prod())
    np.add.at(counts, tuple(rows.T[list(variables)]), 1)
    return Family(variables, np.log(counts / counts.sum(axis=0)))
