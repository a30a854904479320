"""Augmentation of pairs: shared geometry, independent photometric noise."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.datamodules.transforms import OneByOne, Transform, batch

log = logging.getLogger(__name__)


class PairAugmentation:
    """The same geometry on both images of a pair, and independent photometric noise on each.

    The same noise on both images would cancel in their difference, so photometric transforms use
    separate random numbers for each image.

    Args:
        geometric: albumentations transforms that move pixels.
        photometric: albumentations transforms that change gray levels.
    """

    def __init__(self, geometric: Sequence[Transform], photometric: Sequence[Transform]) -> None:
        self._geometric = [batch(transform) for transform in geometric]
        self._photometric = [batch(transform) for transform in photometric]
        every = (*self._geometric, *self._photometric)
        if slow := [form.name for form in every if isinstance(form, OneByOne)]:
            log.info(
                "augmentation: no batched form of %s with these options: they run image by image, "
                "which takes longer",
                ", ".join(slow),
            )

    def __call__(self, pairs: Tensor, rng: np.random.Generator) -> Tensor:
        """Augment N pairs.

        Args:
            pairs: Onset and apex, ``(N, 2, H, W)``, float32, whole gray levels from 0 to 255.
            rng: Source of all random numbers.

        Returns:
            The augmented pairs, of the same shape, type and range.
        """
        return self.apply(pairs, self.draw(pairs.shape, rng))

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> list[NDArray[Any]]:
        """Draw the parameters of pairs ``(N, 2, H, W)``: an array of N rows for each transform."""
        count, _, *size = shape
        drawn = [form.draw(shape, rng) for form in self._geometric]
        own = [form.draw((2 * count, 1, *size), rng) for form in self._photometric]
        return drawn + [each.reshape(count, 2, *each.shape[1:]) for each in own]

    def apply(self, pairs: Tensor, drawn: Sequence[NDArray[Any]]) -> Tensor:
        """Augment pairs ``(N, 2, H, W)`` with the parameters that ``draw`` returned."""
        shared = len(self._geometric)
        for transform, parameters in zip(self._geometric, drawn[:shared], strict=True):
            pairs = transform.apply(pairs, parameters)
        images = pairs.flatten(0, 1).unsqueeze(1)
        for transform, parameters in zip(self._photometric, drawn[shared:], strict=True):
            images = transform.apply(images, parameters.reshape(-1, *parameters.shape[2:]))
        return images.view(pairs.shape)
