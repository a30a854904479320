"""Random predictions, and simulated experiments with known true metrics."""

import numpy as np
import pandas as pd

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
