"""What the DataModule hands to a network."""

from pathlib import Path

import numpy as np
import pytest
import torch

from datamodules import PairAugmentation, PairDataModule, SubjectKFold
from datamodules.folds import Indices, Split
from errors import InputError


def build(
    manifest: Path,
    folds: SubjectKFold,
    validation: float = 0.0,
    frames: tuple[str, ...] = ("onset", "apex"),
) -> PairDataModule:
    return PairDataModule(
        manifest=manifest,
        folds=folds,
        fold=1,
        augmentation=PairAugmentation([], []),
        frames=frames,
        image_size=44,
        batch_size=8,
        validation=validation,
        workers=0,
        seed=0,
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
    """Folds that put single samples apart, not whole subjects."""

    def split(self, rows: object, fold: int, validation: float, seed: int) -> Split:
        every: Indices = np.arange(48)
        return Split(every[::2], every[:0], every[1::2])


def test_a_leaking_split_stops_the_run(manifest: Path) -> None:
    datamodule = build(manifest, LeakingFolds(k=2, seed=0))
    with pytest.raises(RuntimeError, match="stand in both train and test"):
        datamodule.train_dataloader()


@pytest.mark.parametrize(("shown", "hidden"), [("onset", "apex"), ("apex", "onset")])
def test_a_control_sees_one_frame(manifest: Path, shown: str, hidden: str) -> None:
    whole = build(manifest, SubjectKFold(k=3, seed=0)).predict_dataloader()
    control = build(manifest, SubjectKFold(k=3, seed=0), frames=(shown,)).predict_dataloader()
    for both, one in zip(whole, control, strict=True):
        assert torch.equal(both[shown], one[shown])
        assert both[hidden].any()
        assert not one[hidden].any()


def test_an_unknown_frame_is_refused(manifest: Path) -> None:
    with pytest.raises(InputError, match=r"datamodule\.frames: got \['offset'\]"):
        build(manifest, SubjectKFold(k=3, seed=0), frames=("offset",))
