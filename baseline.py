"""Fit one system that is no network on one fold, into one run folder."""

from pathlib import Path

import hydra
import numpy as np
from hydra.utils import instantiate
from omegaconf import DictConfig

from conf.resolvers import register_resolvers
from datamodules import PairDataModule
from mistakes import one_line_mistakes
from runs import RunCard, RunStore, prediction_table, write_predictions

register_resolvers()


@hydra.main(version_base="1.3", config_path="conf", config_name="baseline")
def main(config: DictConfig) -> float:
    """Fit the configured run unless it is there already, and return its test error."""
    with one_line_mistakes(spare_siblings=True):
        return fit_baseline(config)


def fit_baseline(config: DictConfig) -> float:
    """Fit the configured run unless it is there already.

    Returns:
        The error on the test fold, 0 to 1.

    Raises:
        InputError: If the configuration or the data are faulty.
    """
    datamodule: PairDataModule = instantiate(config.datamodule)
    pairs, split = datamodule.pairs, datamodule.split
    store = RunStore(Path(config.paths.runs))
    card = RunCard.of("baseline", config.baseline.name, config, datamodule)
    if not store.finished(card):
        with store.record(card, config) as folder:
            estimator = instantiate(config.baseline.estimator)
            known = np.concatenate([split.train, split.validation])
            estimator.fit(pairs.rows.iloc[known], datamodule.targets[known])
            scores = estimator.predict_proba(pairs.rows)
            write_predictions(folder, prediction_table(datamodule.samples, pairs.classes, scores))
    return store.report(card)


if __name__ == "__main__":
    main()
