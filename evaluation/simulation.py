"""Simulated studies of two methods with known errors, and how often the tests find the difference.

The model is that of a threshold: a prediction is wrong if a normal variable of variance 1 exceeds
the quantile of the expected error. The variable is a sum of independent effects, whose variances
are therefore correlations of errors (tetrachoric correlations, Pearson 1900), whatever the error.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import t

from posed_spontaneous.evaluation.between_folds import MIN_FOLDS, detectable
from posed_spontaneous.evaluation.outcomes import Outcomes
from posed_spontaneous.evaluation.paired_tests import compare
from posed_spontaneous.runtime.errors import InputError

CELLS = 4_000_000
"""Predictions simulated at a time, which limits memory."""


@dataclass(frozen=True)
class Variances:
    """Shares of what decides whether a prediction is wrong, 0 to 1; the rest is chance.

    Args:
        training_set: The training set of a fold.
        subject: The test subject.
        pair: The pair of images.
        training: One training: a seed on a fold.
        training_subject: One training on one test subject.
        shared: Share of the first three that two methods have in common, 0 to 1.

    Raises:
        InputError: If a share is not within 0 and 1, or the first five exceed 1 together.
    """

    training_set: float
    subject: float
    pair: float
    training: float
    training_subject: float
    shared: float

    def __post_init__(self) -> None:
        *shares, shared = astuple(self)
        if min(*shares, shared) < 0 or shared > 1 or sum(shares) > 1 + 1e-9:
            raise InputError(
                f"variances: got {self}, expected shares of 0 to 1, the first five at most 1 "
                "together"
            )


class Power(NamedTuple):
    """What a planned study would find.

    Args:
        found: Share of the studies whose test finds the difference, with its sign, 0 to 1.
        detectable: Median over the studies of the smallest difference that each one states to find
            in 80 % of cases, 0 to 1; nan with fewer than ``MIN_FOLDS`` folds.
    """

    found: float
    detectable: float


def find_power(
    variances: Variances,
    errors: Sequence[float],
    *,
    subjects: int,
    pairs: int,
    folds: int,
    seeds: int,
    tests: int = 1,
    studies: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Power:
    """Simulate studies of two methods, and test each one as a report does.

    Args:
        variances: What the errors depend on.
        errors: The two expected errors, above 0 and below 1.
        subjects: Number of subjects.
        pairs: Pairs of each subject.
        folds: Number of folds; as many as subjects is leave-one-subject-out.
        seeds: Trainings of each method on each fold.
        tests: Tests in the family; significance is divided by their number (Bonferroni).
        studies: Number of simulated studies.
        level: Level of the intervals; significance is the rest.
        seed: Seed of the simulation.
    """
    generator = np.random.default_rng(seed)
    size = max(1, CELLS // (2 * seeds * subjects * pairs))
    # Between folds, p does not depend on resamples.
    resamples = 100 if folds >= MIN_FOLDS else 10_000
    tables = []
    for start in range(0, studies, size):
        outcomes = simulate_studies(
            variances,
            errors,
            studies=min(size, studies - start),
            subjects=subjects,
            pairs=pairs,
            folds=folds,
            seeds=seeds,
            generator=generator,
        )
        compared = [((a,), (b,)) for a, b in np.reshape(outcomes.systems, (-1, 2))]
        tables.append(compare(outcomes, compared, resamples=resamples, level=level))
    table = pd.concat(tables)
    right = np.sign(table["difference"]) == np.sign(errors[0] - errors[1])
    found = right & (table["p"] < (1 - level) / tests)
    if folds < MIN_FOLDS:
        return Power(float(found.mean()), float("nan"))
    # The table's own column is for a family of all simulated studies.
    reach = t.ppf((1 + level) / 2, folds - 1)
    error = (table["high"] - table["difference"]).to_numpy() / reach
    smallest = detectable(error, folds, tests=tests, level=level)
    return Power(float(found.mean()), float(np.median(smallest)))


def simulate_studies(
    variances: Variances,
    errors: Sequence[float],
    *,
    studies: int,
    subjects: int,
    pairs: int,
    folds: int,
    seeds: int,
    generator: np.random.Generator,
) -> Outcomes:
    """Predictions of studies of two methods; see ``find_power``.

    Returns:
        Two systems for each study, one after the other, with ``seeds`` runs each. The scores have
        no meaning.
    """
    fold = np.arange(subjects) % folds
    chance_share = max(0.0, 1 - sum(astuple(variances)[:5]))

    def draw(share: float, *shape: int) -> NDArray[np.float32]:
        return np.float32(np.sqrt(share)) * generator.standard_normal(shape, dtype=np.float32)

    def draw_kept(share: float, *shape: int) -> NDArray[np.float32]:
        """Effects that are partly the same in both methods, ``(studies, 2, 1, *shape)``."""
        common = draw(variances.shared * share, studies, 1, 1, *shape)
        return common + draw((1 - variances.shared) * share, studies, 2, 1, *shape)

    kept = draw_kept(variances.training_set, folds, 1)[:, :, :, fold]
    kept = kept + draw_kept(variances.subject, subjects, 1)
    kept = kept + draw_kept(variances.pair, subjects, pairs)
    trained = draw(variances.training, studies, 2, seeds, folds, 1)[:, :, :, fold]
    trained = trained + draw(variances.training_subject, studies, 2, seeds, subjects, 1)
    chance = draw(chance_share, studies, 2, seeds, subjects, pairs)
    threshold = -ndtri(np.asarray(errors, dtype=np.float32))[:, None, None, None]
    wrong = (kept + trained + chance > threshold).reshape(2 * studies * seeds, subjects * pairs)
    subject = np.repeat(np.arange(subjects), pairs)
    return Outcomes(
        classes=("right", "wrong"),
        systems=tuple(str(number) for number in range(2 * studies)),
        run_system=np.repeat(np.arange(2 * studies), seeds),
        run_seed=np.tile(np.arange(seeds), 2 * studies),
        samples=pd.DataFrame(
            {
                "sample_id": np.arange(subject.size),
                "subject_id": subject,
                "label": "right",
                "fold": fold[subject],
            }
        ),
        predicted=wrong.astype(np.intp),
        scores=np.broadcast_to(0.5, (*wrong.shape, 2)),
    )
