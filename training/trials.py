"""The trials of a search, proposed by Optuna, in a file from which a killed search continues."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import optuna
import pandas as pd
from hydra.utils import instantiate
from omegaconf import DictConfig
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from posed_spontaneous.runs.searches import SearchFolder, format_value
from posed_spontaneous.runtime.errors import InputError

Options = Mapping[str, Any]

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
SEARCHABLE = (
    "architecture",
    "augmentation",
    "comparison",
    "datamodule.batch_size",
    "datamodule.validation",
    "lightning_module",
    "network",
    "optimizer",
    "schedule",
    "stopping",
    "trainer",
)
"""What a search may change: how a network is trained, but not on which data."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Best:
    """The trial with the smallest error, the first of several.

    Attributes:
        number: Its number, from 1.
        error: Its error, 0 to 1.
        options: Its options.
    """

    number: int
    error: float
    options: Options


def read_space(space: DictConfig) -> dict[str, BaseDistribution]:
    """Build the ranges of the options.

    Raises:
        InputError: If there is no option, or one that is not an option of training.
    """
    options: dict[str, Any] = dict(instantiate(space, _convert_="all"))
    if not options:
        raise InputError("space: got no option, expected one or more to search: choose space=NAME")
    for name, values in options.items():
        # group@package is the option's place; a plus adds an option that has no default.
        place = name.lstrip("+").rpartition("@")[2]
        if not any(place == known or place.startswith(f"{known}.") for known in SEARCHABLE):
            raise InputError(
                f"space: got the option {name}, expected one of {', '.join(SEARCHABLE)}: a search "
                "that chose data, folds or seeds could see a test fold, or would choose by luck"
            )
        if not isinstance(values, BaseDistribution):
            raise InputError(
                f"space: {name} is {values!r}, expected a _target_ in optuna.distributions"
            )
    return options


def run_trials(
    config: DictConfig,
    space: Mapping[str, BaseDistribution],
    stored: SearchFolder,
    evaluate: Callable[[Options], Iterator[float]],
    steps: int,
) -> Best:
    """Continue a search until it has ``trials`` trials, and return the best of these.

    A trial's options follow from its number and the trials before it, so a search that is killed
    and started again has the same history as one that was not.

    Args:
        config: The search's configuration: ``trials``, ``sampler`` and ``pruner``.
        space: The options with their ranges.
        stored: Where trials are written. No other process may write there.
        evaluate: Yields the error of some options, 0 to 1, as known after each step.
        steps: Number of steps.

    Raises:
        InputError: If ``trials`` is below 1, or no trial was complete.
    """
    if config.trials < 1:
        raise InputError(f"trials: got {config.trials}, expected 1 or more")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{stored.path.resolve() / 'study.db'}",
        study_name=stored.card.name,
        pruner=instantiate(config.pruner),
        load_if_exists=True,
    )
    for killed in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(killed.number, state=TrialState.FAIL)
    trials = study.get_trials(deepcopy=False, states=FINISHED)
    started, before = time.monotonic(), len(trials)
    if before:
        stored.write(_tabulate(trials, space))  # a kill may have come before
        log.info("fold %d: continues after trial %d", stored.card.fold, before)
    for number in range(before, config.trials):
        seed = np.random.SeedSequence([stored.card.seed, stored.card.fold, number])
        study.sampler = instantiate(config.sampler, seed=int(seed.generate_state(1)[0]))
        _run_trial(study, study.ask(dict(space)), evaluate, steps)
        trials = study.get_trials(deepcopy=False, states=FINISHED)
        stored.write(_tabulate(trials, space))
        left = (time.monotonic() - started) / (number + 1 - before) * (config.trials - number - 1)
        _log_trial(stored.card.fold, trials, config.trials, timedelta(seconds=round(left)))
    best = _find_best(trials[: config.trials])
    if best is None:
        raise InputError(
            f"pruner: all of {config.trials} trials were pruned, expected one to be complete: use "
            "pruner=none"
        )
    return best


def _run_trial(
    study: optuna.Study,
    trial: optuna.Trial,
    evaluate: Callable[[Options], Iterator[float]],
    steps: int,
) -> None:
    error = np.nan
    for step, error in enumerate(evaluate(trial.params), start=1):
        trial.report(error, step)
        if step < steps and trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return
    study.tell(trial, error)


def _find_best(trials: Sequence[FrozenTrial]) -> Best | None:
    complete = [
        Best(number, trial.values[0], trial.params)
        for number, trial in enumerate(trials, start=1)
        if trial.state is TrialState.COMPLETE
    ]
    return min(complete, key=lambda best: best.error, default=None)


def _log_trial(fold: int, trials: Sequence[FrozenTrial], total: int, left: timedelta) -> None:
    last, best = trials[-1], _find_best(trials)
    result = "pruned at" if last.state is TrialState.PRUNED else "error"
    result += f" {100 * last.values[0]:.1f} %"
    if best:
        result += f", best {100 * best.error:.1f} %"
    log.info("fold %d, trial %d of %d: %s, %s left", fold, len(trials), total, result, left)


def _tabulate(trials: Sequence[FrozenTrial], space: Mapping[str, BaseDistribution]) -> pd.DataFrame:
    """The history; see ``SearchFolder.trials``."""
    return pd.DataFrame(
        [
            {
                "trial": number,
                "state": trial.state.name.lower(),
                "error": trial.values[0],
                "inner_folds": len(trial.intermediate_values),
                **{option: format_value(trial.params[option]) for option in space},
            }
            for number, trial in enumerate(trials, start=1)
        ]
    )
