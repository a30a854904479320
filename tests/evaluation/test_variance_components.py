"""Components equal averages over pairs of predictions, and those of simulated studies."""

from dataclasses import astuple
from itertools import product

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from posed_spontaneous.evaluation import Outcomes
from posed_spontaneous.evaluation.simulation import Variances, simulate_studies
from posed_spontaneous.evaluation.variance_components import (
    _agreement,
    _correlation,
    estimate_variances,
    variance_shares,
)

from .random_predictions import random_predictions

EFFECTS = Variances(0.05, 0.12, 0.25, 0.08, 0.06, 0.6)


def simulate(effects: Variances, *, studies: int = 1, seeds: int = 4, **sizes: int) -> Outcomes:
    return simulate_studies(
        effects, (0.2, 0.15), studies=studies, pairs=8, seeds=seeds,
        generator=np.random.default_rng(1), **sizes,
    )  # fmt: skip


def test_agreement_is_an_average_over_pairs_of_predictions() -> None:
    predictions = random_predictions(seeds=3, subjects=7, samples=40)
    outcomes = Outcomes.of(predictions, ("class0", "class1"))
    wrong = outcomes.wrong.astype(float)
    subject, fold = outcomes.sample_subject, outcomes.samples["fold"].to_numpy()
    products: dict[str, list[float]] = {}
    for (s, i), (r, j) in product(np.ndindex(wrong.shape), repeat=2):
        match bool(fold[i] == fold[j]), bool(subject[i] == subject[j]), i == j, s == r:
            case False, _, _, _:
                shared = "nothing"
            case True, False, _, False:
                shared = "training_set"
            case True, False, _, True:
                shared = "training"
            case True, True, False, False:
                shared = "subject"
            case True, True, False, True:
                shared = "training_subject"
            case True, True, True, False:
                shared = "pair"
            case _:
                continue
        products.setdefault(shared, []).append(wrong[s, i] * wrong[r, j])
    expected = {name: np.mean(values) for name, values in products.items()}
    assert _agreement(outcomes, wrong)._asdict() == pytest.approx(expected)


@pytest.mark.parametrize("errors", [(0.3, 0.1), (0.02, 0.02)])
@pytest.mark.parametrize("correlation", [-0.1, 0.0, 0.3, 0.9])
def test_correlations_invert_scipys_normal_distribution(
    errors: tuple[float, float], correlation: float
) -> None:
    both = multivariate_normal.cdf(norm.ppf(errors), cov=[[1, correlation], [correlation, 1]])
    found = _correlation(float(both), float(np.prod(errors)), np.array(errors))
    assert found == pytest.approx(correlation, abs=1e-3)


def test_a_large_study_gives_the_variances_that_it_was_simulated_with() -> None:
    found = estimate_variances(simulate(EFFECTS, subjects=3000, folds=600))
    assert found is not None
    assert astuple(found) == pytest.approx(astuple(EFFECTS), abs=0.04)


def test_the_sources_add_up_to_the_variance_between_studies() -> None:
    outcomes = simulate(EFFECTS, studies=300, seeds=2, subjects=60, folds=12)
    errors = outcomes.average_seeds(outcomes.wrong.mean(axis=1)).reshape(300, 2)
    stated = variance_shares(outcomes)["standard_error"].to_numpy().reshape(300, 2)
    between = errors.var(axis=0, ddof=1)
    assert (stated**2).mean(axis=0) == pytest.approx(between, rel=0.2)


def test_predictions_of_chance_need_four_times_the_seeds_or_subjects() -> None:
    outcomes = simulate(Variances(0, 0, 0, 0, 0, 0), subjects=3000, folds=10)
    shares = variance_shares(outcomes)
    assert shares["from_seeds"].to_numpy() == pytest.approx(1, abs=0.2)
    (one, _) = shares.to_dict("records")
    only = one["from_subjects"] + one["from_training_sets"]
    assert one["seeds_to_halve"] >= 16
    assert one["seeds_to_halve"] == np.ceil(4 * (1 - only) / (0.25 - only))


def test_equal_trainings_have_no_variance_from_seeds() -> None:
    predictions = random_predictions(subjects=9)
    repeated = predictions.loc[predictions.index.repeat(2)]
    repeated["seed"] = np.tile([0, 1], len(predictions))
    (row,) = variance_shares(Outcomes.of(repeated, ("class0", "class1"))).to_dict("records")
    assert row["from_seeds"] == 0
    assert np.isnan(row["seeds_to_halve"])
    assert row["from_subjects"] + row["from_training_sets"] == pytest.approx(1)


def test_one_subject_a_fold_counts_the_training_set_as_the_subjects() -> None:
    shares = variance_shares(simulate(EFFECTS, subjects=20, folds=20))
    assert (shares["from_training_sets"] == 0).all()
    assert (shares["from_subjects"] > 0).all()


@pytest.mark.parametrize(("seeds", "folds"), [(1, 5), (3, 1)])
def test_single_seeds_and_single_folds_tell_nothing_apart(seeds: int, folds: int) -> None:
    outcomes = simulate(EFFECTS, seeds=seeds, subjects=10, folds=folds)
    assert variance_shares(outcomes).empty
    assert estimate_variances(outcomes) is None
