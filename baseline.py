"""Fit one system that is no network on one fold, into one run folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import hydra
import numpy as np
import pandas as pd
from hydra.utils import instantiate
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf
from sklearn.utils.validation import has_fit_parameter
from torch import set_num_threads

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.datamodules import PairDataModule
from posed_spontaneous.runs import (
    RunCard,
    RunFolder,
    RunStore,
    check_sections,
    prediction_table,
    write_predictions,
)
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.systems.baselines import BaselineInputs

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="baseline")
def main(config: DictConfig) -> None:
    """Fit the configured run unless it is stored already."""
    with one_line_errors(continue_sweep=True):
        fit_baseline(config)


def fit_baseline(config: DictConfig) -> None:
    """Fit the configured run, unless it is stored already.

    Raises:
        InputError: If the configuration or the data are invalid.
    """
    check_sections(config)
    set_num_threads(config.threads)
    cv2.setNumThreads(0)
    datamodule: PairDataModule = instantiate(config.datamodule)
    inputs = BaselineInputs(datamodule.pairs, Path(datamodule.manifest))
    compute_features = instantiate(config.baseline.features)
    card = RunCard.of(
        config,
        datamodule,
        kind="baseline",
        system=config.baseline.name,
        operator=None,
        placement=None,
        scores=config.baseline.scores,
    )
    if digests := inputs.digests(compute_features):
        card = replace(card, choices={**card.choices, "inputs": digests})
    store = RunStore(Path(config.paths.runs))
    finished = store.finished(card)
    if not finished:
        with store.record(card, config) as folder:
            features = inputs.compute(compute_features)
            estimator = instantiate(config.baseline.estimator)
            known = np.concatenate([datamodule.split.train, datamodule.split.validation])
            subjects = inputs.rows["subject_id"].to_numpy(str)[known]
            groups = {"groups": subjects} if has_fit_parameter(estimator, "groups") else {}
            estimator.fit(_select(features, known), datamodule.targets[known], **groups)
            if chosen := getattr(estimator, "best_params_", None):
                OmegaConf.save(chosen, folder / "chosen.yaml")
            scores = estimator.predict_proba(features)
            write_predictions(folder, prediction_table(datamodule.samples, card.classes, scores))
        if "wandb" in config:
            # W&B is imported only if it is used.
            from posed_spontaneous.callbacks.wandb.fold import log_fold

            log_fold(RunFolder(store.folder(card), card), **instantiate(config.wandb))
    if finished:
        store.skip(card, config)
    else:
        store.report(card)


def _select(features: pd.DataFrame | NDArray[np.floating], rows: NDArray[np.int64]) -> Any:
    return features.iloc[rows] if isinstance(features, pd.DataFrame) else features[rows]


if __name__ == "__main__":
    main()
