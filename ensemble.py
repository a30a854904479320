"""Fit the linear SVM over the networks of the three placements, into run folders of its own."""

import logging
import sys
from pathlib import Path

import hydra
import numpy as np
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.runs import RunStore, find_runs, prediction_table, write_predictions
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.ensembles import Ensemble, find_ensembles

log = logging.getLogger(__name__)
register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="ensemble")
def main(config: DictConfig) -> None:
    """Fit every ensemble that the stored runs form, and list the runs that others lack."""
    with one_line_errors():
        root = Path(config.paths.runs)
        runs = [run for run in find_runs(root) if config.study in (None, run.card.study)]
        found = find_ensembles(runs)
        if not found.complete and not found.missing:
            raise InputError(
                f"{root}: found {len(runs)} finished runs, expected networks of all three "
                f"placements ({'; '.join(found.partial) or 'found none'}): run python train.py -m "
                "comparison.op=sub,comb comparison.at=1,2,3"
            )
        for line in found.partial:
            log.warning("no ensemble: %s", line)
        errors = []
        for ensemble in tqdm(found.complete, desc="ensembles", disable=not sys.stderr.isatty()):
            try:
                fit_ensemble(ensemble, config, RunStore(root))
            except InputError as error:
                errors.append(str(error))
        if found.missing:
            lines = "; ".join(found.missing)
            errors.append(f"{len(found.missing)} runs are missing, train them: {lines}")
        if errors:
            raise InputError("; ".join(errors))


def fit_ensemble(ensemble: Ensemble, config: DictConfig, store: RunStore) -> None:
    """Fit one ensemble, unless its run is stored already."""
    card = ensemble.card(config.svm)
    if not store.finished(card):
        samples = ensemble.samples()
        with store.record(card, config) as folder:
            targets = samples["label"].map(card.classes.index).to_numpy(np.int64)
            features = ensemble.features(samples["sample_id"])
            known = samples["part"].isin(["train", "validation"]).to_numpy()
            subjects = samples["subject_id"].to_numpy(str)
            svm = instantiate(config.svm)
            svm.fit(features[known], targets[known], groups=subjects[known])
            OmegaConf.save(svm.best_params_, folder / "chosen.yaml")
            table = prediction_table(samples, card.classes, svm.predict_proba(features))
            write_predictions(folder, table)
    store.report(card)


if __name__ == "__main__":
    main()
