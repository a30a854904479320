"""The SVM over three placements: fitted on training subjects, with every missing run named."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from posed_spontaneous.runs import RunFolder, find_runs

from .conftest import Command


@pytest.fixture(scope="module")
def trained(
    command: Command, small: list[str], narrow: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    root = tmp_path_factory.mktemp("trained")
    done = command("train.py", "-m", "comparison.at=1,2,3", *small, *narrow, f"paths.runs={root}")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def root(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "runs")


def find_ensemble_runs(root: Path) -> list[RunFolder]:
    return [run for run in find_runs(root) if run.card.kind == "ensemble"]


def test_each_fold_has_an_ensemble_stored_as_a_run(root: Path, command: Command) -> None:
    assert command("ensemble.py", f"paths.runs={root}").returncode == 0
    ensembles = find_ensemble_runs(root)
    assert [(run.card.system, run.card.fold) for run in ensembles] == [
        ("CompCNN-Sub-SVM", 0), ("CompCNN-Sub-SVM", 1)
    ]  # fmt: skip
    network = next(run for run in find_runs(root) if run.card.kind == "network")
    assert list(ensembles[0].predictions()) == list(network.predictions())
    assert {run.card.study for run in find_runs(root)} == {network.card.study}
    card = ensembles[0].card
    assert (card.operator, card.placement, card.role, card.scores) == (
        "Sub",
        None,
        "row",
        "margins",
    )


def test_predictions_are_those_of_scikit_learn(root: Path, command: Command) -> None:
    """With one candidate for C nothing is chosen, so the SVM can be fitted here as well."""
    done = command("ensemble.py", f"paths.runs={root}", "svm.grid.svm__C=[0.01]")
    assert done.returncode == 0, done.stderr
    members = [run for run in find_runs(root) if run.card.kind == "network" and run.card.fold == 0]
    members.sort(key=lambda run: run.card.system)
    features = pd.concat([run.features() for run in members], axis=1).to_numpy()
    samples = members[0].predictions()
    known = (samples["part"] != "test").to_numpy()
    svm = make_pipeline(StandardScaler(), LinearSVC(C=0.01, max_iter=10_000))
    svm.fit(features[known], samples["label"][known])
    (stored,) = [run for run in find_ensemble_runs(root) if run.card.fold == 0]
    assert list(stored.predictions()["predicted"]) == list(svm.predict(features))


def test_the_test_part_does_not_change_the_fit(root: Path, command: Command) -> None:
    """The predictions for training subjects do not depend on the features of test subjects."""
    ours = command("ensemble.py", f"paths.runs={root}")
    assert ours.returncode == 0
    before = find_ensemble_runs(root)[0].predictions()
    spoiled = root.with_name("spoiled")
    shutil.copytree(root, spoiled, ignore=shutil.ignore_patterns("*-SVM-*"))
    for run in find_runs(spoiled):
        features = run.features()
        tested = run.predictions().set_index("sample_id")["part"] == "test"
        features[tested] = 1e3
        np.savez(
            run.path / "features.npz",
            sample_id=features.index.to_numpy(str),
            features=features.to_numpy(np.float32),
        )
    assert command("ensemble.py", f"paths.runs={spoiled}").returncode == 0
    after = find_ensemble_runs(spoiled)[0].predictions()
    known = before["part"] == "train"
    pd.testing.assert_frame_equal(before[known], after[known])
    assert not before.equals(after)


def test_missing_runs_are_named_and_the_others_fitted(root: Path, command: Command) -> None:
    lost = next(r for r in find_runs(root) if r.card.placement == 2 and r.card.fold == 1)
    shutil.rmtree(lost.path)
    done = command("ensemble.py", f"paths.runs={root}")
    assert done.returncode != 0
    assert "1 runs are missing" in done.stderr
    assert "no run of placement 2, seed 0, fold 1" in done.stderr
    assert [run.card.fold for run in find_ensemble_runs(root)] == [0]


def test_members_of_different_splits_are_refused(root: Path, command: Command) -> None:
    run = next(r for r in find_runs(root) if r.card.placement == 2 and r.card.fold == 0)
    predictions = run.predictions()
    swap = {"train": "test", "test": "train"}
    predictions["part"] = predictions["part"].map(swap)
    predictions.to_parquet(run.path / "predictions.parquet", index=False)
    done = command("ensemble.py", f"paths.runs={root}")
    assert done.returncode != 0
    assert str(run.path) in done.stderr
    assert "Traceback" not in done.stderr


def test_no_runs_are_reported(tmp_path: Path, command: Command) -> None:
    done = command("ensemble.py", f"paths.runs={tmp_path}")
    assert done.returncode != 0
    assert "found 0 finished runs" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_placement_never_run_is_named(root: Path, command: Command) -> None:
    for run in find_runs(root):
        if run.card.placement == 2:
            shutil.rmtree(run.path)
    done = command("ensemble.py", f"paths.runs={root}")
    assert done.returncode != 0
    assert "no run of placement 2" in done.stderr
    assert not find_ensemble_runs(root)
