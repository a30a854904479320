"""A study names its variants as a reader would, and nothing is missing in silence."""

from dataclasses import replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from posed_spontaneous.reports import Study
from posed_spontaneous.runs import RunStore, find_failures, find_runs
from posed_spontaneous.runtime.errors import InputError

from ..conftest import CARD
from ..reports.stored_runs import read_study, store_run


def test_missing_runs_are_named_with_their_reason(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0)
    store_run(tmp_path, [0], fold=0, system="CompCNN-Sub@1")
    store_run(tmp_path, [0], fold=1, system="CompCNN-Sub@1")
    with (
        pytest.raises(ValueError, match="out of luck"),
        RunStore(tmp_path).record(replace(CARD, fold=1), OmegaConf.create()),
    ):
        raise ValueError("out of luck")
    assert read_study(tmp_path).missing == ["DiffCNN, seed0-fold01: ValueError: out of luck"]


def test_a_failure_without_any_finished_run_is_named(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0)
    card = replace(CARD, system="CompCNN-Sub@2")
    with pytest.raises(ValueError), RunStore(tmp_path).record(card, OmegaConf.create()):
        raise ValueError("no memory")
    assert any(line.startswith(card.variant) for line in read_study(tmp_path).missing)


def test_networks_owe_the_seeds_of_one_another_and_baselines_do_not(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold)
        store_run(tmp_path, [], fold=fold, system="Majority", kind="baseline")
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@1", seed=1)
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@1", seed=0)
    assert read_study(tmp_path).missing == [f"DiffCNN, seed1-fold0{fold}" for fold in (0, 1)]


def test_a_trial_is_told_apart_by_what_differs(tmp_path: Path) -> None:
    """The usual variant is in the setting that the study shares, not the one with most runs."""
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold)
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@1")
        for epochs in (2, 9):
            store_run(tmp_path, [0, 4], fold=fold, choices={"trainer": {"max_epochs": epochs}})
    store_run(tmp_path, [0], choices={"trainer": {"max_epochs": 9}}, seed=7)
    study = read_study(tmp_path)
    assert [v.label for v in study.of_role("row")] == ["DiffCNN", "CompCNN-Sub@1"]
    trials = {v.label: len(v.runs) for v in study.of_role("trial")}
    assert trials == {"DiffCNN [trainer.max_epochs=2]": 2, "DiffCNN [trainer.max_epochs=9]": 3}


def test_of_choices_changed_one_at_a_time_the_centre_is_the_usual(tmp_path: Path) -> None:
    usual = {"trainer": {"max_epochs": 5}, "network": {"channels": 3, "kernel": 5}}
    changed = [
        usual | {"network": {"channels": 4, "kernel": 5}},
        usual | {"network": {"channels": 3, "kernel": 7}},
        usual | {"trainer": {"max_epochs": 6}},
    ]
    for choices in (*changed, usual):
        store_run(tmp_path, [], choices=choices)
    study = read_study(tmp_path)
    (row,) = study.of_role("row")
    assert row.runs[0].card.choices == usual
    assert sorted(v.label for v in study.of_role("trial")) == [
        "DiffCNN [network.channels=4]",
        "DiffCNN [network.kernel=7]",
        "DiffCNN [trainer.max_epochs=6]",
    ]


def test_probes_and_training_sizes_are_no_rows(tmp_path: Path) -> None:
    """Even where they have more runs than the system that they probe."""
    whole = {"frames": ["onset", "apex"]}
    for fold in (0, 1):
        for datamodule in (
            {"frames": ["onset", "onset"]},
            whole | {"label_shuffle": 0},
            whole | {"training_subjects": 5},
        ):
            store_run(tmp_path, [], fold=fold, choices={"datamodule": datamodule})
        store_run(tmp_path, [], fold=fold, system="Metadata", kind="baseline")
    store_run(tmp_path, [], choices={"datamodule": whole})
    study = read_study(tmp_path)
    roles = {
        role: sorted(v.label for v in study.of_role(role)) for role in ("row", "probe", "size")
    }
    assert roles == {
        "row": ["DiffCNN"],
        "probe": [
            "DiffCNN [datamodule.frames=['onset', 'onset']]",
            "DiffCNN [datamodule.label_shuffle=0]",
            "Metadata",
        ],
        "size": ["DiffCNN [datamodule.training_subjects=5]"],
    }


def test_an_ensemble_is_known_by_its_members_choices(tmp_path: Path) -> None:
    for subjects in (5, None):
        members = {"datamodule": {"frames": ["onset", "apex"], "training_subjects": subjects}}
        store_run(
            tmp_path, [], kind="ensemble", system="CompCNN-Sub-SVM",
            choices={"svm": {"costs": [1]}, "members": members},
        )  # fmt: skip
    study = read_study(tmp_path)
    assert [v.label for v in study.of_role("row")] == ["CompCNN-Sub-SVM"]
    assert [v.differs for v in study.of_role("size")] == [{"datamodule.training_subjects": "5"}]


def test_systems_stand_in_the_papers_order(tmp_path: Path) -> None:
    for system in ("Oracle", "CompCNN-Comb@1", "CompCNN-Sub-SVM", "DiffCNN", "CompCNN-Sub@1"):
        store_run(tmp_path, [], system=system)
    assert [v.system for v in read_study(tmp_path).variants] == [
        "DiffCNN", "CompCNN-Sub@1", "CompCNN-Sub-SVM", "CompCNN-Comb@1", "Oracle",
    ]  # fmt: skip


def test_true_labels_are_taken_from_what_is_no_probe(tmp_path: Path) -> None:
    whole = {"frames": ["onset", "apex"]}
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold, choices={"datamodule": whole})
        store_run(
            tmp_path, [], fold=fold, classes=("spontaneous", "posed"),
            choices={"datamodule": whole | {"label_shuffle": 0}},
        )  # fmt: skip
    assert list(read_study(tmp_path).samples["label"]) == ["posed", "spontaneous"] * 4


def test_a_system_without_a_whole_variant_has_no_row(tmp_path: Path) -> None:
    for subjects in (5, 10):
        store_run(tmp_path, [], choices={"datamodule": {"training_subjects": subjects}})
    study = read_study(tmp_path)
    assert not study.of_role("row")
    assert {v.label for v in study.of_role("size")} == {
        "DiffCNN [datamodule.training_subjects=10]",
        "DiffCNN [datamodule.training_subjects=5]",
    }


@pytest.mark.parametrize(("resamples", "level"), [(0, 0.95), (1000, 95)])
def test_impossible_options_are_refused(tmp_path: Path, resamples: int, level: float) -> None:
    store_run(tmp_path, [])
    with pytest.raises(InputError, match="got"):
        Study("s", find_runs(tmp_path), [], resamples, level)


def test_a_stray_file_among_failures_is_no_failure(tmp_path: Path) -> None:
    store_run(tmp_path, [])
    (tmp_path / ".failures").mkdir()
    (tmp_path / ".failures" / ".DS_Store").touch()
    assert not find_failures(tmp_path)
