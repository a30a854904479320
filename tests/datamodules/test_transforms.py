"""The batched forms against albumentations: the same gray levels, the same distributions."""

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from scipy.stats import binomtest, chisquare, ks_2samp

from posed_spontaneous.datamodules.transforms import OneByOne, albumentations, batch
from posed_spontaneous.runtime.errors import InputError

DRAWS = 4000
UNLIKELY = 1e-4
"""Significance level; the streams are fixed, and a wrong distribution gives far smaller values."""

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (60, 44, 44)).astype(np.uint8)
FACES = np.stack([cv2.GaussianBlur(image, (0, 0), 3) for image in NOISE])

MILD = {"translate_px": (-1, 1), "rotate": (-2, 2), "scale": (0.98, 1.02)}
STRONG = {
    "translate_percent": {"x": (-0.2, 0.2), "y": (-0.1, 0.3)},
    "rotate": (-180, 180),
    "scale": {"x": (0.5, 1.5), "y": (0.8, 0.9)},
    "shear": {"x": (-20, 10), "y": (5, 15)},
}
AFFINE: dict[str, dict[str, Any]] = {
    "mild": {**MILD, "border_mode": cv2.BORDER_REPLICATE},
    "replicate": {**STRONG, "border_mode": cv2.BORDER_REPLICATE},
    "constant": {**STRONG, "border_mode": cv2.BORDER_CONSTANT, "fill": 77},
    "reflect": {**STRONG, "border_mode": cv2.BORDER_REFLECT},
    "reflect 101": {**STRONG, "border_mode": cv2.BORDER_REFLECT_101},
    "kept ratio": {"scale": (0.7, 1.3), "keep_ratio": True, "border_mode": cv2.BORDER_REFLECT},
}


def as_levels(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).float()[:, None]


def draw_by_albumentations(transform: Any, image: np.ndarray) -> dict[str, Any]:
    shape = {"shape": image.shape}
    return transform.get_params_dependent_on_data(shape, {"image": image})


def transform_both(transform: Any, images: np.ndarray, key: Any) -> tuple[np.ndarray, np.ndarray]:
    """Results of albumentations and of the batched form with the same parameters."""
    transform.set_random_seed(0)
    drawn = [draw_by_albumentations(transform, image) for image in images]
    theirs = np.stack(
        [transform.apply(image, **params) for image, params in zip(images, drawn, strict=True)]
    )
    ours = batch(transform).apply(as_levels(images), key(drawn))
    return theirs.astype(np.float32), ours[:, 0].numpy()


@pytest.mark.parametrize("images", [NOISE, FACES], ids=["noise", "faces"])
@pytest.mark.parametrize("options", AFFINE.values(), ids=AFFINE)
def test_geometry_is_that_of_albumentations(options: dict[str, Any], images: np.ndarray) -> None:
    transform = albumentations.Affine(**options, p=1.0)
    theirs, ours = transform_both(
        transform, images, lambda drawn: np.stack([each["matrix"] for each in drawn])
    )
    difference = np.abs(theirs - ours)
    assert np.abs(theirs - images).mean() > 0.5
    # A value half way between two gray levels may be rounded to either.
    assert difference.max() <= 1
    assert difference.mean() < 2e-3


def test_geometry_of_an_oblong_image_is_that_of_albumentations() -> None:
    transform = albumentations.Affine(**STRONG, border_mode=cv2.BORDER_REPLICATE, p=1.0)
    theirs, ours = transform_both(
        transform, NOISE[:, :30], lambda drawn: np.stack([each["matrix"] for each in drawn])
    )
    assert np.abs(theirs - ours).max() <= 1


@pytest.mark.parametrize("by_max", [True, False])
@pytest.mark.parametrize("limit", [0.05, 0.9])
def test_brightness_is_that_of_albumentations_bit_for_bit(by_max: bool, limit: float) -> None:
    transform = albumentations.RandomBrightnessContrast(limit, limit, by_max, p=1.0)
    theirs, ours = transform_both(
        transform,
        NOISE,
        lambda drawn: (
            np.array([[each["alpha"], each["beta"]] for each in drawn])
            / (1 if by_max else np.stack([np.ones(len(NOISE)), NOISE.mean((1, 2))], axis=1))
        ),
    )
    assert (theirs != NOISE).any()
    assert np.array_equal(theirs, ours)


def compare_distributions(theirs: np.ndarray, ours: np.ndarray) -> None:
    """Compare each column, and sums and differences of any two, which reveal dependence."""
    columns = theirs.shape[1]
    views = [np.eye(columns)[place] for place in range(columns)]
    views += [a + s * b for i, a in enumerate(views) for b in views[:i] for s in (-1, 1)]
    for view in views:
        a, b = theirs @ view, ours @ view
        if np.ptp(a) > 1e-9 or np.ptp(b) > 1e-9:
            assert ks_2samp(np.round(a, 9), np.round(b, 9)).pvalue > UNLIKELY, view
        else:
            assert np.allclose(a, b)


@pytest.mark.parametrize("options", [*AFFINE.values(), {"translate_px": {"x": (-3, 2)}}, {}])
def test_geometry_is_distributed_as_in_albumentations(
    options: dict[str, Any],
) -> None:
    transform = albumentations.Affine(**options, p=1.0)
    transform.set_random_seed(0)
    image = NOISE[0, :30]
    theirs = np.stack([draw_by_albumentations(transform, image)["matrix"] for _ in range(DRAWS)])
    ours = batch(transform).draw((DRAWS, 1, 30, 44), np.random.default_rng(0))
    compare_distributions(theirs[:, :2].reshape(DRAWS, 6), ours[:, :2].reshape(DRAWS, 6))


def test_shifts_in_pixels_are_uniform_and_include_both_ends() -> None:
    transform = albumentations.Affine(translate_px={"x": (-1, 1), "y": (2, 5)}, p=1.0)
    drawn = batch(transform).draw((DRAWS, 1, 44, 44), np.random.default_rng(0))
    for axis, pixels in enumerate(([-1, 0, 1], [2, 3, 4, 5])):
        found, counts = np.unique(drawn[:, axis, 2].round(9), return_counts=True)
        assert list(found) == pixels
        assert chisquare(counts).pvalue > UNLIKELY


@pytest.mark.parametrize("by_max", [True, False])
def test_brightness_is_distributed_as_in_albumentations(by_max: bool) -> None:
    transform = albumentations.RandomBrightnessContrast((-0.1, 0.3), (-0.2, 0.1), by_max, p=1.0)
    transform.set_random_seed(0)
    image = NOISE[0] // 2
    drawn = [draw_by_albumentations(transform, image) for _ in range(DRAWS)]
    unit = 1 if by_max else image.mean()
    theirs = np.array([[each["alpha"], each["beta"] / unit] for each in drawn])
    ours = batch(transform).draw((DRAWS, 1, *image.shape), np.random.default_rng(0))
    compare_distributions(theirs, ours)


@pytest.mark.parametrize(
    "transform",
    [
        albumentations.Affine(rotate=(5, 9), p=0.3),
        albumentations.RandomBrightnessContrast((0.1, 0.2), (0.1, 0.2), p=0.3),
        albumentations.HorizontalFlip(p=0.3),
        albumentations.GaussNoise(p=0.3),
        albumentations.VerticalFlip(p=0.3),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_a_transform_is_applied_with_its_probability(transform: Any) -> None:
    images = as_levels(np.tile(NOISE, (10, 1, 1))[:, :8, :8])
    made = batch(transform)(images, np.random.default_rng(0))
    changed = int((made != images).flatten(1).any(1).sum())
    assert binomtest(changed, len(images), 0.3).pvalue > UNLIKELY
    assert ((made == images).flatten(1).all(1)).sum() == len(images) - changed


@pytest.mark.parametrize(
    "transform",
    [
        albumentations.Affine(rotate=(-9, 9), interpolation=cv2.INTER_CUBIC, p=1.0),
        albumentations.Affine(rotate=(-9, 9), border_mode=cv2.BORDER_WRAP, p=1.0),
        albumentations.Affine(scale=(0.5, 2), balanced_scale=True, p=1.0),
        albumentations.SafeRotate((-9, 9), p=1.0),  # a subclass of Affine
        albumentations.RandomBrightnessContrast(ensure_safe_range=True, p=1.0),
        albumentations.GaussNoise(p=1.0),
        albumentations.HorizontalFlip(p=0.5),
        albumentations.OneOf([albumentations.VerticalFlip(p=1.0), albumentations.Blur(p=1.0)]),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_transforms_without_a_batched_form_run_sample_by_sample(transform: Any) -> None:
    form = batch(transform)
    assert isinstance(form, OneByOne)
    images = as_levels(NOISE).expand(-1, 2, -1, -1)
    made = form(images, np.random.default_rng(0))
    assert torch.equal(made, form(images, np.random.default_rng(0)))
    assert torch.equal(made[:, 0], made[:, 1])

    call = albumentations.Compose([transform])
    theirs = []
    for image, seed in zip(NOISE, form.draw(images.shape, np.random.default_rng(0)), strict=True):
        call.set_random_seed(int(seed))
        theirs.append(call(image=image)["image"])
    assert np.array_equal(made[:, 0].numpy(), np.stack(theirs))


@pytest.mark.parametrize("unfit", [albumentations.CenterCrop(20, 20), albumentations.ToFloat()])
def test_a_transform_that_makes_other_images_is_refused(unfit: Any) -> None:
    unfit.p = 1.0
    with pytest.raises(InputError, match=rf"augmentation: {type(unfit).__name__} made a .* image"):
        batch(unfit)(as_levels(NOISE), np.random.default_rng(0))
