"""Augmentation by albumentations, which is kept behind this module."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# albumentations asks a server for updates on import unless told not to.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations

Image = NDArray[np.uint8]


class PairAugmentation:
    """The same geometry on both images of a pair, and photometric noise of each its own.

    One noise field on both images would cancel in their difference, so the photometric
    transforms are drawn for each image apart.

    Args:
        geometric: Transforms that move pixels.
        photometric: Transforms that change their values.
    """

    def __init__(
        self,
        geometric: Sequence[albumentations.BasicTransform],
        photometric: Sequence[albumentations.BasicTransform],
    ) -> None:
        self._geometric = albumentations.Compose(
            list(geometric), additional_targets={"apex": "image"}
        )
        self._photometric = albumentations.Compose(list(photometric))

    def __call__(self, onset: Image, apex: Image, seed: int) -> tuple[Image, Image]:
        """Augment one pair.

        Args:
            onset: Onset image, ``(H, W)``, uint8.
            apex: Apex image, ``(H, W)``, uint8.
            seed: Decides every draw; albumentations does not follow torch's or numpy's seed.

        Returns:
            The augmented onset and apex, of the same shape and type.
        """
        self._geometric.set_random_seed(seed)
        self._photometric.set_random_seed(seed)
        moved = self._geometric(image=onset, apex=apex)
        # Two calls go on drawing from one stream, so the second image gets noise of its own.
        return (
            self._photometric(image=moved["image"])["image"],
            self._photometric(image=moved["apex"])["image"],
        )
