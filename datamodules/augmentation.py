"""Augmentation of pairs: what the images of a pair share, and what each has of its own."""

import logging
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from posed_spontaneous.datamodules.transforms import OneByOne, Transform, batch

log = logging.getLogger(__name__)


class PairAugmentation:
    """The same geometry on both images of a pair, and photometric noise of each its own.

    One noise field on both images would cancel in their difference, so the photometric
    transforms are drawn for each image apart.

    Args:
        geometric: Transforms of albumentations that move pixels.
        photometric: Transforms of albumentations that change their values.
    """

    def __init__(self, geometric: Sequence[Transform], photometric: Sequence[Transform]) -> None:
        self._geometric = [batch(transform) for transform in geometric]
        self._photometric = [batch(transform) for transform in photometric]
        every = (*self._geometric, *self._photometric)
        if slow := [form.name for form in every if isinstance(form, OneByOne)]:
            log.info(
                "augmentation: %s, as configured, goes image by image, which takes longer than "
                "transforms that have a batched form",
                ", ".join(slow),
            )

    def __call__(self, pairs: Tensor, rng: np.random.Generator) -> Tensor:
        """Augment N pairs.

        Args:
            pairs: Onset and apex, ``(N, 2, H, W)``, float32, whole gray levels from 0 to 255.
            rng: Decides every draw.

        Returns:
            The augmented pairs, of the same shape, type and range.
        """
        for transform in self._geometric:
            pairs = transform(pairs, rng)
        images = pairs.flatten(0, 1).unsqueeze(1)
        for transform in self._photometric:
            images = transform(images, rng)
        return images.view(pairs.shape)
