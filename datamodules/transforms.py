"""albumentations transforms on many images at once; no other module imports albumentations.

albumentations works image by image, which takes longer than the arithmetic. The transforms of the
default configuration have a batched form here with the same options, the same distributions of
parameters and, for the same parameters, the same gray levels. All others run sample by sample.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from posed_spontaneous.runtime.errors import InputError

# Without this, albumentations asks a server for updates on import.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations

Transform: TypeAlias = albumentations.BasicTransform | albumentations.BaseCompose
Numbers = NDArray[np.float64]

_WHITE = 255.0
_PADDINGS = {
    cv2.BORDER_CONSTANT: "zeros",
    cv2.BORDER_REPLICATE: "border",
    cv2.BORDER_REFLECT: "reflection",
    cv2.BORDER_REFLECT_101: "reflection",
}
"""Torch's names of OpenCV's borders."""


class BatchedTransform(ABC):
    """A transform of N samples of C images each; the images of a sample share its parameters.

    Gray levels are float32, whole numbers from 0 to 255.
    """

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """Transform each sample of ``(N, C, H, W)`` with its own random parameters."""
        return self.apply(images, self.draw(images.shape, rng))

    @abstractmethod
    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> NDArray[Any]:
        """Sample the parameters of images ``(N, C, H, W)``: an array of N rows."""

    @abstractmethod
    def apply(self, images: Tensor, drawn: NDArray[Any]) -> Tensor:
        """Transform each sample of ``(N, C, H, W)`` with its row of parameters."""


class Affine(BatchedTransform):
    """Moves pixels by the matrix of each sample, ``(N, 3, 3)``, with linear interpolation."""

    def __init__(self, transform: albumentations.Affine) -> None:
        self.options = transform

    @staticmethod
    def covers(transform: albumentations.Affine) -> bool:
        """Whether all options of the transform have a batched form."""
        return (
            transform.interpolation == cv2.INTER_LINEAR
            and transform.border_mode in _PADDINGS
            and isinstance(transform.fill, int | float)
            and not transform.fit_output
            and not transform.balanced_scale
        )

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Numbers:
        count, size = shape[0], np.array([shape[3], shape[2]])
        angle = np.deg2rad(_draw_uniform(self.options.rotate, count, rng))
        cosine, sine = np.cos(angle), np.sin(angle)
        by_y, by_x = -np.tan(np.deg2rad(_draw_axes(self.options.shear, count, rng))).T
        scale = _draw_axes(self.options.scale, count, rng)
        if self.options.keep_ratio:
            scale[:, 1] = scale[:, 0]

        # The product of shear and rotation, written out: it is computed for very many samples.
        matrices = np.zeros((count, 3, 3))
        matrices[:, 0, 0] = (cosine - by_y * sine) * scale[:, 0]
        matrices[:, 0, 1] = (sine + by_y * cosine) * scale[:, 1]
        matrices[:, 1, 0] = (by_x * cosine - sine) * scale[:, 0]
        matrices[:, 1, 1] = (by_x * sine + cosine) * scale[:, 1]
        matrices[:, 2, 2] = 1
        centre = (size - 1) / 2
        moved = centre - matrices[:, :2, :2] @ centre
        matrices[:, :2, 2] = self._draw_shifts(size, count, rng) + moved
        matrices[~_draw_whether(self.options.p, count, rng)] = np.eye(3)
        return matrices

    def apply(self, images: Tensor, drawn: Numbers) -> Tensor:
        # Torch's coordinates go from -1 to 1, between the centres or the edges of the outer pixels.
        edges = self.options.border_mode == cv2.BORDER_REFLECT
        size = np.array([images.shape[3], images.shape[2]])
        scale = np.diag([*(size - (not edges)) / 2, 1])
        scale[:2, 2] = (size - 1) / 2
        # Source coordinates of each pixel, as a function of its x and y.
        source = upload(_invert(drawn @ scale), images)
        by_x, by_y, start = source[..., None, None].unbind(2)
        x, y = (torch.arange(pixels, device=images.device) for pixels in size.tolist())
        places = (by_x * x + start) + by_y * y[:, None]
        fill = self.options.fill if self.options.border_mode == cv2.BORDER_CONSTANT else 0
        moved = functional.grid_sample(
            images - fill if fill else images,
            places.permute(0, 2, 3, 1),
            padding_mode=_PADDINGS[self.options.border_mode],
            align_corners=not edges,
        )
        return moved.add_(fill).round_()

    def _draw_shifts(
        self, size: NDArray[np.int64], count: int, rng: np.random.Generator
    ) -> Numbers:
        if (pixels := self.options.translate_px) is not None:
            low, high = np.array([pixels["x"], pixels["y"]]).astype(int).T
            return rng.integers(low, high, (count, 2), endpoint=True).astype(float)
        # Whole pixels, as albumentations does.
        return np.trunc(_draw_axes(self.options.translate_percent, count, rng) * size)


class BrightnessContrast(BatchedTransform):
    """Multiplies gray levels by a factor and adds an offset of each sample, ``(N, 2)``.

    Offsets are gray levels or, if so chosen, fractions of the mean of a sample's first image.
    """

    def __init__(self, transform: albumentations.RandomBrightnessContrast) -> None:
        self.options = transform

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Numbers:
        count = shape[0]
        factor = 1 + _draw_uniform(self.options.contrast_limit, count, rng)
        offset = _draw_uniform(self.options.brightness_limit, count, rng)
        if self.options.brightness_by_max:
            offset *= _WHITE
        drawn = np.stack([factor, offset], axis=1)
        drawn[~_draw_whether(self.options.p, count, rng)] = 1, 0
        return drawn

    def apply(self, images: Tensor, drawn: Numbers) -> Tensor:
        factor, offset = upload(drawn, images)[..., None, None, None].unbind(1)
        if not self.options.brightness_by_max:
            offset = offset * images[:, :1].mean((2, 3), keepdim=True)
        # Fractions are truncated, as albumentations does.
        return (images * factor).add_(offset).clamp_(0, _WHITE).trunc_()


class OneByOne(BatchedTransform):
    """Any transform, called for each sample with its own seed, ``(N,)``."""

    def __init__(self, transform: Transform) -> None:
        self.transform = transform
        self.name = type(transform).__name__

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> NDArray[Any]:
        # albumentations ignores the seeds of torch and numpy.
        return rng.integers(2**31, size=shape[0])

    def apply(self, images: Tensor, drawn: NDArray[Any]) -> Tensor:
        names = ["image", *(f"image{number}" for number in range(1, images.shape[1]))]
        call = albumentations.Compose(
            [self.transform], additional_targets=dict.fromkeys(names[1:], "image")
        )
        given = images.to("cpu", torch.uint8).numpy()
        made = []
        for sample, seed in zip(given, drawn.tolist(), strict=True):
            call.set_random_seed(seed)
            returned = call(**dict(zip(names, sample, strict=True)))
            for image in (returned[name] for name in names):
                if image.shape != given.shape[2:] or image.dtype != given.dtype:
                    raise InputError(
                        f"augmentation: {self.name} made a {image.dtype} image {image.shape} of a "
                        f"{given.dtype} image {given.shape[2:]}, expected the same type and shape: "
                        "remove it"
                    )
                made.append(image)
        return torch.from_numpy(np.stack(made)).to(images).view(images.shape)


def batch(transform: Transform) -> BatchedTransform:
    """The batched form of a transform; ``OneByOne`` if there is none for its options."""
    # Exact types only: a subclass may use other random numbers.
    if type(transform) is albumentations.Affine and Affine.covers(transform):
        return Affine(transform)
    brightness = type(transform) is albumentations.RandomBrightnessContrast
    if brightness and not transform.ensure_safe_range:
        return BrightnessContrast(transform)
    return OneByOne(transform)


def upload(numbers: NDArray[Any], images: Tensor) -> Tensor:
    """Numbers in the type and on the device of images, without waiting for what it computes."""
    tensor = torch.from_numpy(numbers).to(images.dtype)
    if images.device.type == "cuda":
        return tensor.pin_memory().to(images.device, non_blocking=True)
    return tensor.to(images.device)


def _invert(matrices: Numbers) -> Numbers:
    """The first two rows of the inverses of affine matrices ``(N, 3, 3)``: ``(N, 2, 3)``."""
    (a, b, x), (c, d, y) = np.moveaxis(matrices[:, :2], 0, 2)
    inverse = np.array([[d, -b, b * y - d * x], [-c, a, c * x - a * y]]) / (a * d - b * c)
    return np.ascontiguousarray(np.moveaxis(inverse, 2, 0))


def _draw_whether(p: float, count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random(count) < p


def _draw_uniform(ends: tuple[float, float], count: int, rng: np.random.Generator) -> Numbers:
    low, high = ends
    return rng.uniform(low, high, count)


def _draw_axes(
    ends: dict[str, tuple[float, float]], count: int, rng: np.random.Generator
) -> Numbers:
    """Uniform random numbers for both axes, ``(count, 2)``, x before y."""
    return np.stack([_draw_uniform(ends[axis], count, rng) for axis in "xy"], axis=1)
