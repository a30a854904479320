"""The same geometry on both images, photometric noise of each its own."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.datamodules import PairAugmentation
from posed_spontaneous.datamodules.transforms import albumentations

FACE = torch.randint(256, (44, 44), generator=torch.Generator().manual_seed(0)).float()

GEOMETRY = [
    albumentations.Affine(translate_px=(-4, 4), rotate=(-20, 20), scale=(0.8, 1.2), p=1.0),
    albumentations.HorizontalFlip(p=0.5),
]
NOISE = [albumentations.GaussNoise(std_range=(0.1, 0.1), p=1.0)]
SLOW = [albumentations.MultiplicativeNoise((0.7, 1.3), elementwise=True, p=1.0)]


def augment(augmentation: PairAugmentation, image: torch.Tensor, seed: int) -> torch.Tensor:
    pairs = image.expand(5, 2, 44, 44).clone()
    return augmentation(pairs, np.random.default_rng(seed))


@given(st.integers(0, 2**31 - 1))
def test_geometry_is_shared(seed: int) -> None:
    pairs = augment(PairAugmentation(GEOMETRY, []), FACE, seed)
    assert torch.equal(pairs[:, 0], pairs[:, 1])
    assert not any(torch.equal(onset, FACE) for onset in pairs[:, 0])


@pytest.mark.parametrize("photometric", [NOISE, SLOW])
@given(seed=st.integers(0, 2**31 - 1))
def test_noise_is_drawn_for_each_image(photometric: list[object], seed: int) -> None:
    gray = torch.full((44, 44), 128.0)
    pairs = augment(PairAugmentation([], photometric), gray, seed)
    noise = np.corrcoef(pairs.flatten(0, 1).flatten(1) - 128)
    # albumentations starts the noise of an image from 16 bits, so two images may have the same.
    assert (np.abs(np.triu(noise, 1)) > 0.15).sum() <= 1


@pytest.mark.parametrize("photometric", [NOISE, SLOW])
@given(seed=st.integers(0, 2**31 - 1))
def test_a_seed_determines_all_random_numbers(photometric: list[object], seed: int) -> None:
    augmentation = PairAugmentation(GEOMETRY, photometric)
    first = augment(augmentation, FACE, seed)
    assert torch.equal(first, augment(augmentation, FACE, seed))
    assert not torch.equal(first, augment(augmentation, FACE, seed ^ 1))


def test_geometric_and_photometric_random_numbers_are_independent() -> None:
    flip, noise = albumentations.HorizontalFlip(p=0.5), albumentations.GaussNoise(p=0.5)
    pairs = FACE.expand(400, 2, 44, 44).clone()
    made = PairAugmentation([flip], [noise])(pairs, np.random.default_rng(0))[:, 0]
    turned = (made - FACE.flip(1)).abs().mean((1, 2)) < (made - FACE).abs().mean((1, 2))
    noisy = ~torch.tensor([torch.equal(a, FACE) or torch.equal(a, FACE.flip(1)) for a in made])
    assert abs(np.corrcoef(turned, noisy)[0, 1]) < 0.2


def test_without_transforms_images_pass_bit_for_bit() -> None:
    assert (augment(PairAugmentation([], []), FACE, 0) == FACE).all()


def test_slow_transforms_are_named_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    fast = [albumentations.Affine(rotate=(-9, 9))], [albumentations.RandomBrightnessContrast()]
    PairAugmentation(*fast)
    assert not caplog.messages
    PairAugmentation([albumentations.VerticalFlip(), *fast[0]], SLOW)
    assert len(caplog.messages) == 1
    assert "VerticalFlip, MultiplicativeNoise" in caplog.messages[0]
    assert "Affine" not in caplog.messages[0]
