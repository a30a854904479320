"""The trials of a search with an objective that takes no time: history, resumption, pruning."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from posed_spontaneous.runs import SearchFolder
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training.trials import Best, read_space, run_trials

from ..conftest import SEARCH_CARD

SPACE = {
    "optimizer.lr": {
        "_target_": "optuna.distributions.FloatDistribution", "low": 1e-4, "high": 1.0, "log": True,
    },
    "trainer.max_epochs": {
        "_target_": "optuna.distributions.IntDistribution", "low": 5, "high": 60,
    },
    "augmentation": {
        "_target_": "optuna.distributions.CategoricalDistribution", "choices": ["none", "mild"],
    },
}  # fmt: skip
STEPS = 3
SAMPLERS = ("TPESampler", "RandomSampler")
PRUNERS = ("NopPruner", "MedianPruner")

Evaluate = Callable[[Mapping[str, Any]], Iterator[float]]


def errors(options: Mapping[str, Any]) -> Iterator[float]:
    """An error that falls with the number of epochs, and a little with each step."""
    error = 1 - options["trainer.max_epochs"] / 100 - 0.1 * (options["augmentation"] == "mild")
    for step in range(STEPS):
        yield error - 0.01 * step


def run(
    folder: Path,
    trials: int,
    evaluate: Evaluate = errors,
    sampler: str = "TPESampler",
    pruner: str = "NopPruner",
    **pruning: Any,
) -> Best:
    config = OmegaConf.create(
        {
            "trials": trials,
            "sampler": {"_target_": f"optuna.samplers.{sampler}"},
            "pruner": {"_target_": f"optuna.pruners.{pruner}", **pruning},
        }
    )
    folder.mkdir(exist_ok=True)
    space = read_space(OmegaConf.create(SPACE))
    return run_trials(config, space, SearchFolder(folder, SEARCH_CARD), evaluate, STEPS)


def read_history(folder: Path) -> bytes:
    return (folder / "trials.csv").read_bytes()


class KilledError(Exception):
    """In place of a kill: nothing handles it, and the trial is left as it is."""


@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_interrupted_search_has_the_history_of_an_uninterrupted_one(
    sampler: str, pruner: str, tmp_path: Path
) -> None:
    whole = run(tmp_path / "whole", 25, sampler=sampler, pruner=pruner)
    count = 0

    def interrupted(options: Mapping[str, Any]) -> Iterator[float]:
        nonlocal count
        for error in errors(options):
            count += 1
            if count in (1, 20, 41, 42):
                raise KilledError
            yield error

    for _ in range(4):
        with pytest.raises(KilledError):
            run(tmp_path / "parts", 25, interrupted, sampler, pruner)
    best = run(tmp_path / "parts", 25, interrupted, sampler, pruner)
    assert read_history(tmp_path / "parts") == read_history(tmp_path / "whole")
    assert best == whole


def test_trials_differ_and_the_sampler_learns_from_them(tmp_path: Path) -> None:
    best = run(tmp_path, 40)
    trials = SearchFolder(tmp_path, SEARCH_CARD).trials()
    assert trials["trial"].tolist() == list(range(1, 41))
    assert trials["optimizer.lr"].nunique() == 40
    assert best.error == trials["error"].min()
    assert best.number == trials["error"].idxmin() + 1
    # The first ten are random.
    assert trials["error"][20:].mean() < trials["error"][:10].mean() - 0.1


def test_folds_and_seeds_draw_other_options(tmp_path: Path) -> None:
    drawn = set()
    config = OmegaConf.create(
        {
            "trials": 1,
            "sampler": {"_target_": "optuna.samplers.TPESampler"},
            "pruner": {"_target_": "optuna.pruners.NopPruner"},
        }
    )
    for number, (fold, seed) in enumerate([(0, 0), (1, 0), (0, 1), (0, 0)]):
        folder = SearchFolder(tmp_path / str(number), replace(SEARCH_CARD, fold=fold, seed=seed))
        folder.path.mkdir()
        space = read_space(OmegaConf.create(SPACE))
        drawn.add(run_trials(config, space, folder, errors, STEPS).options["optimizer.lr"])
    assert len(drawn) == 3


def test_more_trials_extend_a_search_and_fewer_do_not_change_it(tmp_path: Path) -> None:
    first = run(tmp_path, 5)
    run(tmp_path, 20)
    trials = SearchFolder(tmp_path, SEARCH_CARD).trials()
    assert len(trials) == 20
    assert run(tmp_path, 5, lambda _: pytest.fail("trained again")) == first
    assert len(SearchFolder(tmp_path, SEARCH_CARD).trials()) == 20


def test_a_history_that_a_kill_left_unwritten_is_written(tmp_path: Path) -> None:
    run(tmp_path, 3)
    written = read_history(tmp_path)
    (tmp_path / "trials.csv").unlink()
    run(tmp_path, 3)
    assert read_history(tmp_path) == written


def test_hopeless_trials_are_pruned(tmp_path: Path) -> None:
    best = run(tmp_path, 20, pruner="MedianPruner")
    trials = SearchFolder(tmp_path, SEARCH_CARD).trials()
    pruned = trials[trials["state"] == "pruned"]
    assert 0 < len(pruned) < 15
    assert (pruned["inner_folds"] < STEPS).all()
    complete = trials[trials["state"] == "complete"]
    assert (complete["inner_folds"] == STEPS).all()
    assert best.error == complete["error"].min()
    # Pruned by the errors of the first step, where each is .02 higher than at the end.
    assert pruned["error"].min() > complete["error"].min()


def test_a_search_without_a_complete_trial_has_no_best(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^pruner: all of 3 trials were pruned"):
        run(tmp_path, 3, pruner="ThresholdPruner", upper=0.0)


def test_the_number_of_trials_is_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^trials: got 0, expected 1 or more"):
        run(tmp_path, 0)


FLOAT = SPACE["optimizer.lr"]
NOT_SEARCHABLE = [
    "fold", "folds", "folds.k", "folds.seed", "folds@datamodule.folds", "+folds.fold", "seed",
    "data", "data.test", "data.path", "data.path.seed", "datamodule", "datamodule.fold",
    "datamodule.folds", "datamodule.manifest", "datamodule.test_manifest", "datamodule.seed",
    "datamodule.training_subjects", "datamodule.label_shuffle", "weights", "ckpt_path", "role",
    "group", "paths.runs", "experiment", "trials", "inner.k", "optimizers.lr",
]  # fmt: skip


@pytest.mark.parametrize("name", NOT_SEARCHABLE)
def test_data_folds_and_seeds_are_no_options_of_a_search(name: str) -> None:
    space = OmegaConf.create({"optimizer.lr": FLOAT, name: FLOAT})
    with pytest.raises(InputError) as raised:
        read_space(space)
    assert f"got the option {name}, expected one of architecture, " in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["+trainer.gradient_clip_val", "comparison.op", "augmentation"])
def test_options_of_training_are_options_of_a_search(name: str) -> None:
    assert list(read_space(OmegaConf.create({name: FLOAT}))) == [name]


def test_a_space_consists_of_distributions() -> None:
    with pytest.raises(InputError, match=r"optimizer\.lr is \[0\.1, 0\.2\], expected a _target_"):
        read_space(OmegaConf.create({"optimizer.lr": [0.1, 0.2]}))
    with pytest.raises(InputError, match="space: got no option"):
        read_space(OmegaConf.create({}))
