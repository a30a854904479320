"""What the DataModule passes to a network."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from posed_spontaneous.datamodules import PairAugmentation, PairDataModule
from posed_spontaneous.dataset import Folds, HoldOut, SubjectKFold, read_manifest
from posed_spontaneous.dataset.folds import Indices, Split
from posed_spontaneous.runtime.errors import InputError

from ..drawn_faces import draw_database


def build(
    manifest: Path,
    folds: Folds,
    validation: float = 0.0,
    frames: tuple[str, ...] = ("onset", "apex"),
    fold: int = 1,
    **options: Any,
) -> PairDataModule:
    return PairDataModule(
        manifest=manifest,
        folds=folds,
        fold=fold,
        augmentation=PairAugmentation([], []),
        frames=frames,
        image_size=44,
        batch_size=8,
        validation=validation,
        seed=0,
        **options,
    )


@pytest.fixture
def datamodule(manifest: Path) -> PairDataModule:
    return build(manifest, SubjectKFold(k=3, seed=0), validation=0.4)


def test_loaders_hold_their_part_and_no_other(datamodule: PairDataModule) -> None:
    def rows(loader: object) -> list[int]:
        return [int(row) for batch in loader for row in batch["row"]]  # type: ignore[attr-defined]

    split = datamodule.split
    assert sorted(rows(datamodule.train_dataloader())) == list(split.train)
    assert rows(datamodule.val_dataloader()) == list(split.validation)
    assert rows(datamodule.predict_dataloader()) == list(range(48))


def test_images_are_standardised_by_the_training_part(datamodule: PairDataModule) -> None:
    batches = list(datamodule.train_dataloader())
    onset = torch.cat([batch["onset"] for batch in batches])
    assert onset.shape == (len(datamodule.split.train), 1, 44, 44)
    assert abs(onset.mean()) < 1e-4
    assert abs(onset.std() - 1) < 1e-3


def test_targets_are_the_labels(datamodule: PairDataModule) -> None:
    labels = datamodule.pairs.rows["label"]
    for batch in datamodule.predict_dataloader():
        for row, target in zip(batch["row"].tolist(), batch["target"].tolist(), strict=True):
            assert datamodule.pairs.classes[target] == labels[row]


def test_samples_hide_paths_and_latent_cues(datamodule: PairDataModule) -> None:
    assert list(datamodule.samples) == ["sample_id", "subject_id", "label", "emotion", "part"]
    assert set(datamodule.samples["part"]) == {"train", "validation", "test"}


def test_no_validation_part_by_default(manifest: Path) -> None:
    assert build(manifest, SubjectKFold(k=3, seed=0)).val_dataloader() == []


class LeakingFolds(SubjectKFold):
    """Folds that separate samples instead of subjects."""

    def split(self, rows: object, fold: int, **options: object) -> Split:
        every: Indices = np.arange(48)
        return Split(every[::2], every[:0], every[1::2], every[:0])


def test_a_leaking_split_stops_the_run(manifest: Path) -> None:
    datamodule = build(manifest, LeakingFolds(k=2, seed=0))
    with pytest.raises(RuntimeError, match="in more than one part: test, train"):
        datamodule.train_dataloader()


@pytest.mark.parametrize(
    ("shown", "hidden", "frames"),
    [("onset", "apex", ("onset", "blank")), ("apex", "onset", ("blank", "apex"))],
)
def test_a_probe_sees_one_frame(
    manifest: Path, shown: str, hidden: str, frames: tuple[str, str]
) -> None:
    whole = build(manifest, SubjectKFold(k=3, seed=0)).predict_dataloader()
    control = build(manifest, SubjectKFold(k=3, seed=0), frames=frames).predict_dataloader()
    for both, one in zip(whole, control, strict=True):
        assert torch.equal(both[shown], one[shown])
        assert both[hidden].any()
        assert not one[hidden].any()


def test_a_probe_compares_the_onset_with_itself(manifest: Path) -> None:
    folds = SubjectKFold(k=3, seed=0)
    whole = build(manifest, folds).predict_dataloader()
    control = build(manifest, folds, frames=("onset", "onset")).predict_dataloader()
    for both, one in zip(whole, control, strict=True):
        assert torch.equal(both["onset"], one["onset"])
        assert torch.equal(one["onset"], one["apex"])


@pytest.mark.parametrize("frames", [("offset", "apex"), ("onset",)])
def test_unknown_frames_are_refused(manifest: Path, frames: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=r"datamodule\.frames: got \["):
        build(manifest, SubjectKFold(k=3, seed=0), frames=frames)


def test_every_fold_has_a_training_of_its_own(manifest: Path) -> None:
    """The noise of trainings is in the variation between folds, which intervals rest on."""
    folds = SubjectKFold(k=3, seed=0)
    datamodules = [build(manifest, folds, fold=fold) for fold in (0, 1, 1)]
    seeds = [datamodule.training_seed for datamodule in datamodules]
    assert seeds[0] != seeds[1] == seeds[2]
    assert [d.train_dataloader().seed for d in datamodules] == seeds


def test_labels_are_shuffled_within_each_subject(manifest: Path) -> None:
    folds = SubjectKFold(k=3, seed=0)
    true, control = build(manifest, folds), build(manifest, folds, label_shuffle=0)
    rows = true.pairs.rows
    assert (true.targets != control.targets).any()
    shares = [pd.Series(d.targets).groupby(rows["subject_id"]).sum() for d in (true, control)]
    assert shares[0].equals(shares[1])
    stored = np.asarray(true.pairs.classes)[control.targets]
    assert list(control.samples["label"]) == list(stored)
    for batch in control.predict_dataloader():
        assert torch.equal(batch["target"], torch.from_numpy(control.targets)[batch["row"]])
    assert true.split.parts.tolist() == control.split.parts.tolist()


def test_all_of_another_database_is_tested(manifest: Path, tmp_path: Path) -> None:
    """Both databases call their subjects s00, s01, ...: they remain different subjects."""
    other = draw_database(tmp_path / "other", subjects=3, seed=1)
    datamodule = build(manifest, SubjectKFold(k=3, seed=0), fold=0, test_manifest=other)
    samples = datamodule.samples
    assert datamodule.fold_count == 1
    tested = samples[samples["part"] == "test"]
    assert len(tested) == 3 * 8
    assert sorted(tested["sample_id"]) == sorted(read_manifest(other)["sample_id"])
    trained = samples[samples["part"] == "train"]
    assert len(trained) == 48
    assert set(trained["subject_id"]) == {f"train:s{n:02d}" for n in range(6)}
    shown = {int(r) for batch in datamodule.train_dataloader() for r in batch["row"]}
    assert shown == set(np.flatnonzero(samples["part"] == "train"))


def test_another_database_needs_the_same_classes(manifest: Path, tmp_path: Path) -> None:
    other = draw_database(tmp_path / "other", subjects=2)
    rows = pd.read_csv(other)
    rows["label"] = rows["label"].replace("posed", "acted")
    rows.to_csv(other, index=False)
    with pytest.raises(InputError, match=r"labels are \['acted', 'spontaneous'\], expected"):
        _ = build(manifest, SubjectKFold(k=3, seed=0), test_manifest=other).pairs


def test_another_database_must_not_share_an_image(manifest: Path) -> None:
    with pytest.raises(InputError, match=r"has the same image as training sample s00-posed-0"):
        _ = build(manifest, SubjectKFold(k=3, seed=0), test_manifest=manifest).pairs


def test_another_database_excludes_a_protocol(manifest: Path) -> None:
    with pytest.raises(InputError, match=r"folds: got holdout4 together with data\.test"):
        build(manifest, HoldOut(k=4, seed=0), test_manifest=manifest)
