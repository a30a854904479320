"""Gray values: the difference of a pair, or both images."""

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError

Images = NDArray[np.uint8]
Rows = NDArray[np.float32]


def pixel_difference(onset: Images, apex: Images) -> Rows:
    """Difference of each pixel.

    Gan et al. 2015. Stated: the pixel-wise difference between onset and apex is the input. Not
    stated: its sign and scale. Chosen: apex minus onset, divided by the gray range.

    Args:
        onset: Onset images, ``(N, H, W)``, 0 to 255.
        apex: Apex images, ``(N, H, W)``, 0 to 255.

    Returns:
        Rows ``(N, H * W)``, -1 to 1, pixels line by line.

    Raises:
        InputError: If the two are not as many gray images of one size.
    """
    onset, apex = _flatten(onset, apex)
    return (apex.astype(np.float32) - onset) / np.float32(255)


def pixel_pair(onset: Images, apex: Images) -> Rows:
    """Both images, for a classifier that learns the difference.

    Not in the paper's tables; it shows what ``pixel_difference`` loses.

    Args:
        onset: Onset images, ``(N, H, W)``, 0 to 255.
        apex: Apex images, ``(N, H, W)``, 0 to 255.

    Returns:
        Rows ``(N, 2 * H * W)``, 0 to 1, the onset's pixels first.

    Raises:
        InputError: If the two are not as many gray images of one size.
    """
    return np.hstack(_flatten(onset, apex)).astype(np.float32) / np.float32(255)


def _flatten(onset: Images, apex: Images) -> tuple[Images, Images]:
    if onset.ndim != 3 or onset.shape != apex.shape:
        raise InputError(
            f"onset and apex images: their shapes are {onset.shape} and {apex.shape}, expected "
            "(N, height, width) twice: give as many gray images of one size"
        )
    # Not -1, which is ambiguous for an empty batch.
    size = onset.shape[1] * onset.shape[2]
    return onset.reshape(len(onset), size), apex.reshape(len(apex), size)
