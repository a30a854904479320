"""Reads and checks one image of a pair."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError


def read_image(path: Path, place: str, image_size: int) -> NDArray[np.uint8]:
    """Read an 8-bit gray image, ``(image_size, image_size)``; error messages start with ``place``.

    Raises:
        InputError: If it is missing, unreadable, blank, in colour, or of another size or depth.
    """
    if not path.is_file():
        raise InputError(f"{place}: no file {path}, expected an image: correct the path")
    # Decoded from memory, since OpenCV cannot open every file name.
    content = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if image is None:
        raise InputError(f"{place}: {path} cannot be read as an image: export it again as PNG")
    if image.ndim != 2 or image.dtype != np.uint8:
        channels = 1 if image.ndim == 2 else image.shape[2]
        raise InputError(
            f"{place}: {path} has {channels} channels of {image.dtype}, expected one gray "
            "channel of uint8: convert it to 8-bit gray"
        )
    if image.shape != (image_size, image_size):
        raise InputError(
            f"{place}: {path} is {image.shape[1]}x{image.shape[0]} pixels, expected "
            f"{image_size}x{image_size}: crop it, or set datamodule.image_size"
        )
    if image.min() == image.max():
        raise InputError(
            f"{place}: {path} is blank (every pixel is {image.min()}), expected a face: replace "
            "it or delete the row"
        )
    return np.asarray(image, np.uint8)
