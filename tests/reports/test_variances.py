"""The section on sources of uncertainty, on stored runs."""

from pathlib import Path

import pytest

from posed_spontaneous.reports.section import Table
from posed_spontaneous.reports.sections.variances import variances

from .stored_runs import make_samples, read_study, store_system


def test_each_trained_system_has_its_sources(tmp_path: Path) -> None:
    samples = make_samples(20)
    for system in ("DiffCNN", "CompCNN-Sub@1"):
        store_system(tmp_path, samples, 0.3, system, folds=5, seeds=3)
    store_system(tmp_path, samples, 0.4, "HOG", folds=5, kind="baseline")
    section = variances(read_study(tmp_path))
    assert section is not None
    (table,) = section.contents
    assert isinstance(table, Table)
    assert list(table.rows["System"]) == ["DiffCNN", "CompCNN-Sub@1"]
    shares = table.figures[["from_seeds", "from_training_sets", "from_subjects"]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    # Each seed has errors of its own, so most of the variance is the trainings'.
    assert (shares["from_seeds"] > 0.5).all()


def test_nothing_is_said_with_one_seed(tmp_path: Path) -> None:
    store_system(tmp_path, make_samples(20), 0.3, "DiffCNN", folds=5)
    assert variances(read_study(tmp_path)) is None
