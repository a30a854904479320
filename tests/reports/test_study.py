"""A study labels its variants and lists every missing run."""

from dataclasses import replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from posed_spontaneous.reports import Study
from posed_spontaneous.runs import RunStore, find_failures, find_runs
from posed_spontaneous.runtime.errors import InputError

from ..conftest import CARD
from ..reports.stored_runs import read_study, store_run

TRAINED = {"trainer": {"max_epochs": 5}, "network": {"channels": 3, "kernel": 5}}


def labels(study: Study, role: str) -> list[str]:
    return [variant.label for variant in study.of_role(role)]


def test_missing_runs_are_listed_with_their_reason(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0)
    store_run(tmp_path, [0], fold=0, system="CompCNN-Sub@1")
    store_run(tmp_path, [0], fold=1, system="CompCNN-Sub@1")
    with (
        pytest.raises(ValueError, match="out of luck"),
        RunStore(tmp_path).record(replace(CARD, fold=1), OmegaConf.create()),
    ):
        raise ValueError("out of luck")
    assert read_study(tmp_path).missing == ["DiffCNN, seed0-fold01: ValueError: out of luck"]


def test_a_failure_without_any_finished_run_is_listed(tmp_path: Path) -> None:
    store_run(tmp_path, [0], fold=0)
    card = replace(CARD, system="CompCNN-Sub@2")
    with pytest.raises(ValueError), RunStore(tmp_path).record(card, OmegaConf.create()):
        raise ValueError("no memory")
    assert any(line.startswith(card.variant) for line in read_study(tmp_path).missing)


def test_trained_systems_of_a_group_should_have_the_same_seeds(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold)
        store_run(tmp_path, [], fold=fold, system="Majority", kind="baseline", role="reference")
        store_run(tmp_path, [], fold=fold, system="Gan et al. 2015", kind="baseline")
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@1", seed=1)
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@1", seed=0)
        store_run(tmp_path, [], fold=fold, system="CompCNN-Sub@2", group="other")
    assert read_study(tmp_path).missing == [f"DiffCNN, seed1-fold0{fold}" for fold in (0, 1)]


def test_trials_are_labelled_by_their_groups(tmp_path: Path) -> None:
    store_run(tmp_path, [], choices=TRAINED)
    for epochs, group in ((2, "short"), (9, "long")):
        choices = TRAINED | {"trainer": {"max_epochs": epochs}}
        store_run(tmp_path, [0, 4], choices=choices, role="trial", group=group)
    study = read_study(tmp_path)
    assert labels(study, "row") == ["DiffCNN"]
    assert labels(study, "trial") == ["DiffCNN [long]", "DiffCNN [short]"]


def test_trials_of_one_group_are_labelled_by_their_difference_from_the_row(tmp_path: Path) -> None:
    store_run(tmp_path, [], choices=TRAINED)
    for changed in (
        {"network": {"channels": 4, "kernel": 5}},
        {"network": {"channels": 3, "kernel": 7}},
        {"trainer": {"max_epochs": 6}},
    ):
        store_run(tmp_path, [], choices=TRAINED | changed, role="trial")
    assert labels(read_study(tmp_path), "trial") == [
        "DiffCNN [channels: 4]",
        "DiffCNN [kernel: 7]",
        "DiffCNN [max epochs: 6]",
    ]


def test_a_single_trial_in_the_group_of_the_row_is_labelled_by_its_options(tmp_path: Path) -> None:
    store_run(tmp_path, [], choices=TRAINED)
    store_run(tmp_path, [], choices=TRAINED | {"trainer": {"max_epochs": 6}}, role="trial")
    assert labels(read_study(tmp_path), "trial") == ["DiffCNN [max epochs: 6]"]


def test_several_rows_of_a_system_are_labelled_by_their_options(tmp_path: Path) -> None:
    for optimizer in ("torch.optim.AdamW", "torch.optim.SGD"):
        module = {"optimizer": {"_target_": optimizer, "lr": len(optimizer)}}
        store_run(tmp_path, [], choices={"lightning_module": module})
    assert labels(read_study(tmp_path), "row") == [
        "DiffCNN [optimizer: AdamW]",
        "DiffCNN [optimizer: SGD]",
    ]


def test_rows_that_differ_in_their_groups_only_are_labelled_by_them(tmp_path: Path) -> None:
    for group in ("first", "second"):
        for fold in (0, 1):
            store_run(tmp_path, [], fold=fold, group=group)
            store_run(tmp_path, [], fold=fold, group=group, system="CompCNN-Sub@1")
    study = read_study(tmp_path)
    assert labels(study, "row")[:2] == ["DiffCNN [group: first]", "DiffCNN [group: second]"]
    names = {variant.name: variant.card.group for variant in study.variants}
    pairs = study.comparisons[["first", "second"]].map(names.get)
    assert pairs.to_numpy().tolist() == [["first", "first"], ["second", "second"]]


def test_probes_and_training_sizes_are_not_rows(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold, role="probe", group="onset_only")
        store_run(tmp_path, [], fold=fold, role="probe", group="shuffled_labels")
        store_run(tmp_path, [], fold=fold, role="size")
        store_run(
            tmp_path, [], fold=fold,
            system="Metadata", kind="baseline", role="probe", group="metadata",
        )  # fmt: skip
    store_run(tmp_path, [])
    study = read_study(tmp_path)
    assert {role: labels(study, role) for role in ("row", "probe", "size")} == {
        "row": ["DiffCNN"],
        "probe": ["DiffCNN [onset_only]", "DiffCNN [shuffled_labels]", "Metadata [metadata]"],
        "size": ["DiffCNN [1 training subject]"],
    }


def test_an_ensemble_has_the_choices_of_its_members(tmp_path: Path) -> None:
    for epochs in (5, 6):
        members = {"trainer": {"max_epochs": epochs}}
        choices = {"svm": {"costs": [1]}, "members": members}
        store_run(tmp_path, [], system="CompCNN-Sub-SVM", choices=choices)
    assert labels(read_study(tmp_path), "row") == [
        "CompCNN-Sub-SVM [max epochs: 5]",
        "CompCNN-Sub-SVM [max epochs: 6]",
    ]


def test_systems_have_the_papers_order(tmp_path: Path) -> None:
    for system in ("Oracle", "CompCNN-Comb@1", "CompCNN-Sub-SVM", "DiffCNN", "CompCNN-Sub@1"):
        store_run(tmp_path, [], system=system)
    assert [v.system for v in read_study(tmp_path).variants] == [
        "DiffCNN", "CompCNN-Sub@1", "CompCNN-Sub-SVM", "CompCNN-Comb@1", "Oracle",
    ]  # fmt: skip


def test_true_labels_are_not_taken_from_a_probe(tmp_path: Path) -> None:
    for fold in (0, 1):
        store_run(tmp_path, [], fold=fold)
        store_run(
            tmp_path, [], fold=fold, classes=("spontaneous", "posed"),
            role="probe", group="shuffled_labels",
        )  # fmt: skip
    assert list(read_study(tmp_path).samples["label"]) == ["posed", "spontaneous"] * 4


def test_a_system_with_training_sizes_only_has_no_row(tmp_path: Path) -> None:
    for subjects in (5, 10):
        choices = {"datamodule": {"training_subjects": subjects}}
        store_run(tmp_path, [], choices=choices, role="size")
    study = read_study(tmp_path)
    assert not study.rows
    assert set(labels(study, "size")) == {
        "DiffCNN [training subjects: 10]",
        "DiffCNN [training subjects: 5]",
    }


def test_other_options_of_training_are_reported(tmp_path: Path) -> None:
    for system in ("DiffCNN", "CompCNN-Sub@1", "CompCNN-Sub@2"):
        epochs = 9 if system == "DiffCNN" else 5
        store_run(tmp_path, [], system=system, choices={"trainer": {"max_epochs": epochs}})
    store_run(tmp_path, [], system="Majority", kind="baseline", choices={"trainer": {}})
    assert read_study(tmp_path).non_default_options == ["DiffCNN (max epochs: 9)"]


@pytest.mark.parametrize(("resamples", "level"), [(0, 0.95), (1000, 95)])
def test_invalid_options_are_refused(tmp_path: Path, resamples: int, level: float) -> None:
    store_run(tmp_path, [])
    with pytest.raises(InputError, match="got"):
        Study("s", find_runs(tmp_path), [], resamples, level)


def test_a_stray_file_among_failures_is_ignored(tmp_path: Path) -> None:
    store_run(tmp_path, [])
    (tmp_path / ".failures").mkdir()
    (tmp_path / ".failures" / ".DS_Store").touch()
    assert not find_failures(tmp_path)
