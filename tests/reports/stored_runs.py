"""Run folders for tests of reports, written by the run store without any training."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from posed_spontaneous.reports import Study
from posed_spontaneous.runs import (
    RunCard,
    RunStore,
    find_failures,
    find_runs,
    prediction_table,
    write_predictions,
)

from ..conftest import CARD

NETWORKS = ["DiffCNN"] + [f"CompCNN-{op}@{at}" for op in ("Sub", "Comb") for at in (1, 2, 3)]
ENOUGH = {"folds": 5, "seeds": 5}
"""Runs from which a verdict on a method is drawn."""
ENSEMBLES = ["CompCNN-Sub-SVM", "CompCNN-Comb-SVM"]


def make_card(**changes: Any) -> RunCard:
    """A card of a network of the paper's kind with any operator, or of any other system."""
    paper = re.fullmatch(r"CompCNN-(\w+)(?:@(\d)|-SVM)", changes.get("system", ""))
    if paper:
        changes["operator"] = paper[1]
        changes["placement"] = int(paper[2]) if paper[2] else None
        if not paper[2]:
            changes |= {"kind": "ensemble", "scores": "margins"}
    return replace(CARD, **changes)


def store_run(root: Path, wrong: Sequence[int], **changes: Any) -> None:
    """Store a run of eight samples of two subjects, one in each fold, wrong on the given rows."""
    samples = pd.DataFrame(
        {
            "sample_id": [f"x{i}" for i in range(8)],
            "subject_id": [f"s{i // 4}" for i in range(8)],
            "label": ["posed", "spontaneous"] * 4,
        }
    )
    store_samples(root, samples, samples["subject_id"].str[1:].astype(int), wrong, **changes)


def store_samples(
    root: Path,
    samples: pd.DataFrame,
    tested: pd.Series,
    wrong: Sequence[int],
    *,
    trained: int | None = None,
    **changes: Any,
) -> None:
    """Store a run on samples with the fold that tests each, wrong on some rows."""
    card = make_card(**changes)
    known = samples["subject_id"][tested != card.fold].unique()[:trained]
    training = np.where(samples["subject_id"].isin(known), "train", "unused")
    parts = np.where(tested == card.fold, "test", training)
    truth = samples["label"].map(card.classes.index).to_numpy()
    predicted = (truth + np.isin(np.arange(len(samples)), wrong)) % len(card.classes)
    scores = 0.2 / len(card.classes) + 0.8 * np.eye(len(card.classes))[predicted]
    with RunStore(root).record(card, OmegaConf.create()) as folder:
        table = prediction_table(samples.assign(part=parts), card.classes, scores)
        write_predictions(folder, table)


def read_study(root: Path, resamples: int = 200) -> Study:
    """The only study below a folder."""
    runs = find_runs(root)
    (name,) = {run.card.study for run in runs}
    return Study(name, runs, find_failures(root), resamples, 0.95)


def make_samples(
    subjects: int, samples: int = 6, classes: Sequence[str] = CARD.classes
) -> pd.DataFrame:
    """Samples of many subjects with alternating classes and emotions."""
    count = subjects * samples
    return pd.DataFrame(
        {
            "sample_id": [f"x{i:04d}" for i in range(count)],
            "subject_id": [f"s{i // samples:03d}" for i in range(count)],
            "label": [classes[i % len(classes)] for i in range(count)],
            "emotion": ["joy" if i // 2 % 2 else "anger" for i in range(count)],
        }
    )


def store_system(
    root: Path,
    samples: pd.DataFrame,
    error: float,
    system: str,
    *,
    folds: int = 2,
    seeds: int = 1,
    seed_of_errors: int = 0,
    **changes: Any,
) -> None:
    """Store all folds of a system with random errors on a fraction of the samples."""
    rng = np.random.default_rng([seed_of_errors, *system.encode()])
    fold = pd.factorize(samples["subject_id"])[0] % folds
    for seed in range(seeds):
        wrong = np.flatnonzero(rng.random(len(samples)) < error)
        for number in range(folds):
            store_samples(
                root, samples, pd.Series(fold), wrong, fold=number, seed=seed,
                folds=folds, protocol=f"{folds}fold", system=system, **changes,
            )  # fmt: skip
