"""Random predictions, and simulated experiments with known true metrics."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.evaluation import Outcomes


def random_predictions(
    *, systems: int = 1, seeds: int = 1, subjects: int = 6, samples: int = 60, classes: int = 2
) -> pd.DataFrame:
    """Test rows of runs above chance. The scores are rounded, so that some are equal."""
    rng = np.random.default_rng(systems + seeds + subjects + samples + classes)
    names = np.array([f"class{number}" for number in range(classes)])
    subject = np.arange(samples) % subjects
    truth = rng.integers(classes, size=samples)
    runs = []
    for system in range(systems):
        for seed in range(seeds):
            strength = np.exp(rng.normal(size=(samples, classes)) + np.eye(classes)[truth])
            scores = (strength / strength.sum(axis=1, keepdims=True)).round(2)
            scores[:, -1] = 1 - scores[:, :-1].sum(axis=1)
            run = pd.DataFrame(scores, columns=[f"score_{name}" for name in names])
            runs.append(
                run.assign(
                    variant=f"system{system}",
                    seed=seed,
                    sample_id=[f"x{number:04d}" for number in range(samples)],
                    subject_id=[f"s{number:02d}" for number in subject],
                    label=names[truth],
                    fold=subject % 3,
                    predicted=names[scores.argmax(axis=1)],
                )
            )
    return pd.concat(runs, ignore_index=True)


def simulate(
    rng: np.random.Generator, *, subjects: int, error: float, experiments: int, correlation: float
) -> Outcomes:
    """Simulate experiments with the same true metrics, each as one system with one seed.

    A subject has about 12 samples, seven tenths of the first class, and an error rate from
    a beta distribution. The confidence of right predictions is higher.

    Args:
        rng: Random generator.
        subjects: Number of subjects, in at most ten folds.
        error: The true error, 0 to 1.
        experiments: Number of experiments.
        correlation: Intraclass correlation of the errors of a subject, 0 to 1.
    """
    sizes = np.maximum(2, rng.poisson(12, size=subjects))
    subject = np.repeat(np.arange(subjects), sizes)
    truth = np.concatenate([np.arange(size) >= np.ceil(0.7 * size) for size in sizes]).astype(int)
    shape = 1 / correlation - 1
    rates = rng.beta(error * shape, (1 - error) * shape, size=(experiments, subjects))
    wrong = rng.random((experiments, len(subject))) < rates[:, subject]
    predicted = np.where(wrong, 1 - truth, truth)
    sure = np.where(wrong, rng.beta(2, 2, wrong.shape), rng.beta(4, 1.5, wrong.shape))
    second = np.where(predicted == 1, 0.5 + 0.5 * sure, 0.5 - 0.5 * sure)
    samples = pd.DataFrame(
        {
            "sample_id": [f"x{number:06d}" for number in range(len(subject))],
            "subject_id": [f"s{number:05d}" for number in subject],
            "label": np.array(["p", "s"])[truth],
            "fold": subject % 10,
        }
    )
    return Outcomes(
        classes=("p", "s"),
        systems=tuple(f"experiment{number}" for number in range(experiments)),
        run_system=np.arange(experiments),
        run_seed=np.zeros(experiments, dtype=int),
        samples=samples,
        predicted=predicted,
        scores=np.stack([1 - second, second], axis=2),
    )


@dataclass(frozen=True)
class Effects:
    """Standard deviations of what moves the log odds of an error, besides subject and sample.

    Args:
        subject: How well a system does on a subject.
        fold: What the training set of a fold does to a system.
        training: Each training of a system, of one seed and fold.
        chance: Each training on each subject.
    """

    subject: float = 0.0
    fold: float = 0.0
    training: float = 0.0
    chance: float = 0.0


def simulate_methods(
    rng: np.random.Generator,
    effects: Effects,
    *,
    experiments: int,
    subjects: int,
    folds: int,
    seeds: int,
    odds: float = -1.5,
    pairs: int = 12,
) -> Outcomes:
    """Simulate pairs of methods with the same expected error, each trained with several seeds.

    The systems are those of the first experiment, then of the second, and so on, two each. Both
    of an experiment read the same samples, some of which are harder than others.

    Args:
        rng: Random generator.
        effects: What moves the errors.
        experiments: Number of experiments.
        subjects: Number of subjects.
        folds: Number of folds.
        seeds: Trainings of each method and fold.
        odds: Log odds of an error.
        pairs: Samples of a subject.
    """
    fold = np.arange(subjects) % folds
    shape = (experiments, 2, seeds, subjects, pairs)

    def draw(deviation: float, *sizes: int) -> NDArray[np.float64]:
        return rng.normal(0, deviation, sizes)

    easy = odds + draw(0.8, experiments, 1, 1, subjects, 1)
    easy = easy + draw(1.0, experiments, 1, 1, subjects, pairs)
    moved = (
        draw(effects.subject, experiments, 2, 1, subjects, 1)
        + draw(effects.fold, experiments, 2, 1, folds, 1)[:, :, :, fold]
        + draw(effects.training, experiments, 2, seeds, folds, 1)[:, :, :, fold]
        + draw(effects.chance, experiments, 2, seeds, subjects, 1)
    )
    wrong = rng.random(shape) < 1 / (1 + np.exp(-(easy + moved)))
    wrong = wrong.reshape(experiments * 2 * seeds, subjects * pairs)
    truth = np.arange(subjects * pairs) % 2
    predicted = np.where(wrong, 1 - truth, truth)
    subject = np.repeat(np.arange(subjects), pairs)
    return Outcomes(
        classes=("p", "s"),
        systems=tuple(f"system{number}" for number in range(2 * experiments)),
        run_system=np.repeat(np.arange(2 * experiments), seeds),
        run_seed=np.tile(np.arange(seeds), 2 * experiments),
        samples=pd.DataFrame(
            {
                "sample_id": [f"x{number:06d}" for number in range(len(subject))],
                "subject_id": [f"s{number:05d}" for number in subject],
                "label": np.array(["p", "s"])[truth],
                "fold": fold[subject],
            }
        ),
        predicted=predicted,
        scores=np.eye(2)[predicted],
    )
