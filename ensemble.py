"""Fit the linear SVM over the networks of the three placements, into run folders of its own."""

import sys
from pathlib import Path

import hydra
import numpy as np
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from ensembles import Ensemble, LinearSVM, find_ensembles
from errors import InputError, one_line_mistakes
from runs import RunStore, find_runs, prediction_table, write_predictions


@hydra.main(version_base="1.3", config_path="conf", config_name="ensemble")
def main(config: DictConfig) -> None:
    """Fit every ensemble that the stored runs allow and name the runs that others lack."""
    with one_line_mistakes():
        root = Path(config.paths.runs)
        runs = [run for run in find_runs(root) if config.study in (None, run.card.study)]
        ensembles, missing = find_ensembles(runs)
        if not ensembles and not missing:
            raise InputError(
                f"{root}: {len(runs)} finished runs, but of no network all three placements: run "
                "python train.py -m comparison.op=sub,comb comparison.at=1,2,3"
            )
        for ensemble in tqdm(ensembles, desc="ensembles", disable=not sys.stderr.isatty()):
            fit_ensemble(ensemble, config, RunStore(root))
        if missing:
            raise InputError(f"{len(missing)} runs are missing, train them: {'; '.join(missing)}")


def fit_ensemble(ensemble: Ensemble, config: DictConfig, store: RunStore) -> None:
    """Fit one SVM unless its run is there already."""
    card = ensemble.card(config.svm)
    if not store.finished(card):
        samples = ensemble.samples()
        svm: LinearSVM = instantiate(config.svm)
        with store.record(card, config) as folder:
            targets = samples["label"].map(card.classes.index).to_numpy(np.int64)
            features = ensemble.features(samples["sample_id"])
            known = (samples["part"] != "test").to_numpy()
            subjects = samples["subject_id"].to_numpy(str)
            fitted = svm.fit(features[known], targets[known], subjects[known])
            scores = svm.scores(fitted, features)
            write_predictions(folder, prediction_table(samples, card.classes, scores))
    store.report(card)


if __name__ == "__main__":
    main()
