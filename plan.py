"""Plan a study: how often it would find the difference between two methods, by simulation."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from typing import Any

import hydra
import numpy as np
import pandas as pd
from hydra.utils import instantiate
from omegaconf import DictConfig, ListConfig

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.dataset import Folds
from posed_spontaneous.evaluation import MIN_FOLDS
from posed_spontaneous.evaluation.simulation import Variances, find_power
from posed_spontaneous.reports.expectations import expected_errors
from posed_spontaneous.reports.numbers import counted, decimal, percent
from posed_spontaneous.reports.study import ENOUGH_SEEDS
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError

log = logging.getLogger(__name__)

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="plan")
def main(config: DictConfig) -> None:
    """Print what each planned study would find."""
    with one_line_errors():
        errors = listed(config.errors or expected_errors(config.systems, config.published))
        check(config, errors)
        variances: Variances = instantiate(config.variances)
        rows = pd.DataFrame(list(plan(config, errors, variances)))
        table = rows.to_markdown(index=False, disable_numparse=True, stralign="right")
        log.info("%s", describe(config, errors, variances, table))


def describe(config: DictConfig, errors: list[float], variances: Variances, table: str) -> str:
    """The table with what it is of."""
    first, second = map(percent, errors)
    shares = ", ".join(f"{name} {share:.2f}" for name, share in asdict(variances).items())
    return (
        f"Expected errors {first} and {second} %, {counted(config.pairs, 'pair')} a subject, "
        f"{config.studies} simulated studies for each row:\n\n{table}\n\n"
        "Found: the difference is significant. Detectable: the smallest difference, in percentage\n"
        "points, that the study states to find in 80 % of cases. With fewer than "
        f"{ENOUGH_SEEDS} seeds or {MIN_FOLDS} folds\n"
        f"a report gives no verdict on methods.\nShares of variance: {shares}."
    )


def plan(config: DictConfig, errors: list[float], variances: Variances) -> Iterator[dict[str, str]]:
    """Simulate each combination of subjects and seeds."""
    protocol: Folds = instantiate(config.folds)
    for subjects, seeds in product(listed(config.subjects), listed(config.seeds)):
        rows = manifest(subjects, config.pairs)
        rows["fold"] = protocol.assign(rows)
        tested = rows[rows["fold"] >= 0]
        folds = tested["fold"].nunique()
        power = find_power(
            variances,
            errors,
            subjects=tested["subject_id"].nunique(),
            pairs=config.pairs,
            folds=folds,
            seeds=seeds,
            tests=config.tests,
            studies=config.studies,
            level=config.level,
            seed=config.seed,
        )
        yield {
            "Subjects": str(subjects),
            "Folds": str(folds),
            "Seeds": str(seeds),
            "Found": f"{decimal(100 * power.found, 0)} %",
            "Detectable": percent(power.detectable),
        }


def check(config: DictConfig, errors: list[float]) -> None:
    """Refuse values that no study can have.

    Raises:
        InputError: If a value is out of range.
    """
    known = all(isinstance(error, float) and 0 < error < 1 for error in errors)
    if len(errors) != 2 or not known or errors[0] == errors[1]:
        raise InputError(f"errors: got {errors}, expected two different ones above 0 and below 1")
    if not 0 < config.level < 1:
        raise InputError(f"level: got {config.level}, expected above 0 and below 1, such as 0.95")
    for name in ("subjects", "seeds", "pairs", "tests", "studies"):
        values = listed(config[name])
        if not values or not all(isinstance(value, int) and value > 0 for value in values):
            raise InputError(f"{name}: got {config[name]}, expected whole numbers above 0")


def manifest(subjects: int, pairs: int) -> pd.DataFrame:
    """The rows of a manifest that folds depend on."""
    sample = np.arange(subjects * pairs)
    return pd.DataFrame(
        {"sample_id": sample, "subject_id": np.repeat(np.arange(subjects), pairs)}
    ).assign(label=np.where(sample % 2, "posed", "spontaneous"))


def listed(value: Any) -> list[Any]:
    """A single value as a list."""
    return list(value) if isinstance(value, list | ListConfig) else [value]


if __name__ == "__main__":
    main()
