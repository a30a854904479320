"""The same geometry on both images, noise of each its own, the same draws anywhere."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datamodules import PairAugmentation, PairDataModule, SubjectKFold
from datamodules.augmentation import albumentations

FACE = np.random.default_rng(0).integers(0, 255, (44, 44)).astype(np.uint8)

GEOMETRY = [
    albumentations.Affine(translate_px=(-4, 4), rotate=(-20, 20), scale=(0.8, 1.2), p=1.0),
    albumentations.HorizontalFlip(p=0.5),
]
NOISE = [albumentations.GaussNoise(std_range=(0.1, 0.1), p=1.0)]


@given(st.integers(0, 2**31 - 1))
def test_geometry_is_shared(seed: int) -> None:
    onset, apex = PairAugmentation(GEOMETRY, [])(FACE, FACE.copy(), seed)
    assert np.array_equal(onset, apex)
    assert not np.array_equal(onset, FACE)


@given(st.integers(0, 2**31 - 1))
def test_noise_is_drawn_for_each_image(seed: int) -> None:
    gray = np.full((44, 44), 128, np.uint8)
    onset, apex = PairAugmentation([], NOISE)(gray, gray.copy(), seed)
    noise = np.stack([onset, apex]).reshape(2, -1) - 128.0
    assert abs(np.corrcoef(noise)[0, 1]) < 0.15


@given(st.integers(0, 2**31 - 1))
def test_a_seed_decides_every_draw(seed: int) -> None:
    first, second = (PairAugmentation(GEOMETRY, NOISE)(FACE, FACE, seed) for _ in range(2))
    assert np.array_equal(first, second)
    other = PairAugmentation(GEOMETRY, NOISE)(FACE, FACE, seed ^ 1)
    assert not np.array_equal(first, other)


def load_epochs(manifest: object, workers: int) -> list[dict[int, torch.Tensor]]:
    datamodule = PairDataModule(
        manifest=str(manifest),
        folds=SubjectKFold(k=2, seed=0),
        fold=0,
        augmentation=PairAugmentation(GEOMETRY, NOISE),
        frames=("onset", "apex"),
        image_size=44,
        batch_size=8,
        validation=0.0,
        workers=workers,
        seed=0,
    )
    loader = datamodule.train_dataloader()
    epochs = []
    for _ in range(2):
        rows, images = [], []
        for batch in loader:
            rows += batch["row"].tolist()
            images += list(torch.stack([batch["onset"], batch["apex"]], dim=1))
        epochs.append(dict(zip(rows, images, strict=True)))
    return epochs


@pytest.fixture(scope="module")
def in_sequence(manifest: object) -> list[dict[int, torch.Tensor]]:
    return load_epochs(manifest, workers=0)


def test_workers_do_not_change_the_draws(
    manifest: object, in_sequence: list[dict[int, torch.Tensor]]
) -> None:
    for alone, helped in zip(in_sequence, load_epochs(manifest, workers=2), strict=True):
        assert list(alone) == list(helped)
        assert all(torch.equal(alone[row], helped[row]) for row in alone)


def test_an_epoch_shows_a_pair_anew(in_sequence: list[dict[int, torch.Tensor]]) -> None:
    first, second = in_sequence
    assert list(first) != list(second)
    assert sorted(first) == sorted(second)
    assert not any(torch.equal(first[row], second[row]) for row in first)
