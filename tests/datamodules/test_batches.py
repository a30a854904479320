"""Batches depend on seed and epoch only, and Lightning uses them directly."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch

from posed_spontaneous.datamodules import PairAugmentation, PairDataModule
from posed_spontaneous.datamodules.batches import CHUNK, PairReader, TrainingBatches
from posed_spontaneous.datamodules.transforms import albumentations
from posed_spontaneous.dataset import SubjectKFold
from posed_spontaneous.dataset.pairs import Pairs

from ..drawn_faces import draw_database

GEOMETRY = [albumentations.Affine(rotate=(-20, 20), p=1.0), albumentations.Blur(p=0.5)]
NOISE = [albumentations.GaussNoise(std_range=(0.1, 0.2), p=1.0)]


def build(manifest: Path, **options: Any) -> PairDataModule:
    chosen = {
        "augmentation": PairAugmentation(GEOMETRY, NOISE),
        "frames": ("onset", "apex"),
        "batch_size": 8,
        "seed": 0,
        **options,
    }
    folds = SubjectKFold(k=3, seed=0)
    return PairDataModule(
        manifest=manifest, folds=folds, fold=0, image_size=44, validation=0.0, **chosen
    )


def join(batches: Any) -> dict[str, torch.Tensor]:
    listed = list(batches)
    return {key: torch.cat([batch[key] for batch in listed]) for key in listed[0]}


def by_row(datamodule: PairDataModule, epoch: int) -> dict[int, torch.Tensor]:
    whole = datamodule.train_dataloader().read_epoch(epoch)
    images = torch.cat([whole["onset"], whole["apex"]], dim=1)
    return dict(zip(whole["row"].tolist(), images, strict=True))


@pytest.mark.parametrize("epoch", [0, 3])
def test_an_epoch_shows_each_training_pair_once(manifest: Path, epoch: int) -> None:
    datamodule = build(manifest, batch_size=5)
    batches = replace(datamodule.train_dataloader(), epoch=lambda: epoch)
    sizes = [len(batch["row"]) for batch in batches]
    assert len(sizes) == len(batches) == 7
    assert sizes == [5] * 6 + [2]
    shown = join(batches)
    assert sorted(shown["row"].tolist()) == list(datamodule.split.train)
    assert shown["target"].tolist() == list(datamodule.targets[shown["row"]])


def test_the_size_of_the_batches_changes_no_sample(manifest: Path) -> None:
    small, large = (join(build(manifest, batch_size=size).train_dataloader()) for size in (3, 32))
    assert all(torch.equal(small[key], large[key]) for key in small)


def test_an_epoch_has_its_own_augmentation_and_is_reproducible(manifest: Path) -> None:
    datamodule = build(manifest)
    first, second = by_row(datamodule, 0), by_row(datamodule, 1)
    assert list(first) != list(second)
    assert not any(torch.equal(first[row], second[row]) for row in first)
    alone = by_row(build(manifest), 1)
    assert list(alone) == list(second)
    assert all(torch.equal(alone[row], second[row]) for row in alone)


def test_another_seed_gives_another_epoch(manifest: Path) -> None:
    first, other = (by_row(build(manifest, seed=seed), 0) for seed in (0, 1))
    assert list(first) != list(other)
    assert not any(torch.equal(first[row], other[row]) for row in first)


def test_a_shuffled_manifest_changes_nothing(manifest: Path, tmp_path: Path) -> None:
    moved = draw_database(tmp_path)
    assert pd.read_csv(moved).equals(pd.read_csv(manifest))
    pd.read_csv(moved).sample(frac=1, random_state=0).to_csv(moved, index=False)
    there, here = (join(build(path).train_dataloader()) for path in (manifest, moved))
    assert all(torch.equal(there[key], here[key]) for key in there)


def test_without_augmentation_images_keep_every_bit(manifest: Path) -> None:
    datamodule = build(manifest, augmentation=PairAugmentation([], []))
    shown = join(datamodule.train_dataloader())
    reader = datamodule.train_dataloader().reader
    for phase in ("onset", "apex"):
        stored = getattr(datamodule.pairs, phase)[shown["row"]].astype(np.float32)
        expected = (stored - np.float32(reader.mean)) / np.float32(reader.std)
        assert np.array_equal(shown[phase][:, 0].numpy(), expected)
        assert shown[phase].shape == (32, 1, 44, 44)
        assert shown[phase].is_contiguous()


@pytest.mark.parametrize(
    ("frames", "kept"), [(("onset", "blank"), "onset"), (("blank", "apex"), "apex")]
)
def test_a_probe_uses_the_same_augmentation(
    manifest: Path, frames: tuple[str, str], kept: str
) -> None:
    whole, control = (
        join(build(manifest, frames=chosen).train_dataloader())
        for chosen in (("onset", "apex"), frames)
    )
    hidden = "apex" if kept == "onset" else "onset"
    assert torch.equal(whole["row"], control["row"])
    assert torch.equal(whole[kept], control[kept])
    assert not control[hidden].any()


def test_chunks_of_an_epoch_are_augmented_independently() -> None:
    """More pairs than are augmented at once: no draw comes twice."""
    count = 2 * CHUNK + 3
    images = np.tile(np.random.default_rng(0).integers(0, 256, (1, 9, 9)), (count, 1, 1))
    pairs = Pairs(
        pd.DataFrame(), ("a", "b"), np.zeros(count, np.int64), *[images.astype(np.uint8)] * 2
    )
    reader = PairReader(pairs, pairs.targets, ("onset", "apex"), 0.0, 1.0)
    augmentation = PairAugmentation([], [albumentations.GaussNoise(p=1.0)])
    batches = TrainingBatches(reader, np.arange(count), 16, augmentation, 0, lambda: 0)
    shown = join(batches)
    every = torch.cat([shown["onset"], shown["apex"]]).flatten(1)
    assert len(every.unique(dim=0)) == 2 * count


def test_read_gives_the_rows_of_prediction(manifest: Path) -> None:
    datamodule = build(manifest)
    whole, rows = join(datamodule.predict_dataloader()), np.array([40, 3, 17])
    chosen = datamodule.read(rows)
    assert all(torch.equal(chosen[key], whole[key][rows]) for key in whole)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_computes_the_same_epoch_up_to_rounding(manifest: Path) -> None:
    batches = build(manifest).train_dataloader()
    here, there = batches.read_epoch(1), batches.read_epoch(1, torch.device("cuda"))
    for key, kept in here.items():
        assert there[key].is_cuda
        assert (there[key].cpu() - kept).abs().max() * batches.reader.std < 2.5


class Recorder(pl.LightningModule):
    """Keeps what it is trained on, epoch by epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: dict[int, list[torch.Tensor]] = {}
        self.steps = 0.0

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        self.seen.setdefault(self.current_epoch, []).append(batch["onset"])
        return self.weight * batch["apex"].mean()

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Never called; Lightning misses it otherwise."""

    def predict_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        return batch["row"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        self.steps = self.trainer.estimated_stepping_batches
        return torch.optim.SGD(self.parameters(), lr=0.1)


def train(datamodule: PairDataModule, epochs: int, **options: Any) -> tuple[Recorder, pl.Trainer]:
    checkpoint = options.pop("ckpt_path", None)
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    module = Recorder()
    trainer.fit(module, datamodule=datamodule, ckpt_path=checkpoint)
    return module, trainer


def test_lightning_sets_the_epoch_and_counts_the_steps(manifest: Path) -> None:
    datamodule = build(manifest)
    module, trainer = train(datamodule, 3)
    assert module.steps == 3 * 4
    for epoch in range(3):
        expected = datamodule.train_dataloader().read_epoch(epoch)["onset"]
        assert torch.equal(torch.cat(module.seen[epoch]), expected)
    rows = trainer.predict(module, datamodule=datamodule)
    assert torch.cat(rows).tolist() == list(range(48))


def test_lightning_can_limit_an_epoch(manifest: Path) -> None:
    module, _ = train(build(manifest), 2, limit_train_batches=0.5)
    assert module.steps == 2 * 2
    assert [len(batches) for batches in module.seen.values()] == [2, 2]


def test_resumed_training_sees_the_same_epochs(manifest: Path, tmp_path: Path) -> None:
    whole, _ = train(build(manifest), 3)
    _, trainer = train(build(manifest), 2)
    trainer.save_checkpoint(tmp_path / "stopped.ckpt")
    rest, _ = train(build(manifest), 3, ckpt_path=tmp_path / "stopped.ckpt")
    assert list(rest.seen) == [2]
    assert torch.equal(torch.cat(rest.seen[2]), torch.cat(whole.seen[2]))
