"""Search options of training within the training part of one fold, and train with the best."""

import logging
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import hydra
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.runs.searches import format_value
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.training.search import search

OWN = ("inner", "pruner", "sampler", "space", "space_name", "train_best", "trials")
"""Keys that the configuration of train.py does not have."""

log = logging.getLogger(__name__)

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="search")
def main(config: DictConfig) -> None:
    """Search within the configured fold, or continue the search that is stored."""
    with one_line_errors(continue_sweep=True):
        best = search(config, compose_training)
        log.info(
            "fold %d: trial %d is the best of %d, with an error of %.1f %% on the inner folds: %s",
            config.fold,
            best.number,
            config.trials,
            100 * best.error,
            shlex.join(["python", "train.py", *list_overrides(best.options)]),
        )


def compose_training(options: Mapping[str, Any]) -> DictConfig:
    """The configuration that train.py has with the job's overrides and some more options."""
    GlobalHydra.instance().clear()  # in a worker process of a sweep there is none
    with initialize_config_module("posed_spontaneous.conf", version_base="1.3"):
        return compose("train", list(list_overrides(options)))


def list_overrides(options: Mapping[str, Any]) -> Iterator[str]:
    """The job's overrides that concern train.py, then those of the options."""
    given = HydraConfig.get().overrides
    # Where the user's own options are.
    yield from (text for text in given.hydra if text.startswith("hydra.searchpath="))
    for override in OverridesParser.create().parse_overrides(list(given.task)):
        place = override.package or override.key_or_group
        if place.partition(".")[0] not in OWN and override.key_or_group not in options:
            yield str(override.input_line)
    for name, value in options.items():
        yield f"{name}={format_value(value)}"


if __name__ == "__main__":
    main()
