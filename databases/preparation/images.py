"""Reads image files of any common format and bit depth as 8-bit pixels."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = NDArray[np.uint8]
"""Gray, ``(H, W)``, or red, green and blue, ``(H, W, 3)``; 0 to 255."""

FORMATS = ("BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "SGI", "TIFF", "WEBP")
"""Formats with a signature in their first bytes, which Pillow decodes without another program."""
EQUIVALENT_FORMATS = {"MPO": "JPEG", "DIB": "BMP"}
"""Formats that use the file extension of another one."""
MAX_PIXELS = 100_000_000
"""Larger images are refused: decoding them takes gigabytes."""
MAX_SIDE = 4096
"""Larger images are shrunk when they are read; more pixels do not improve the detection of eyes."""
BIT_DEPTHS = (8, 10, 12, 14, 16)
"""Bit depths of cameras."""
DEEP_MODES = ("I", "F")
"""First letters of Pillow's modes of more than 8 bits."""
ORIENTATION = 0x0112
"""The EXIF tag of the camera's orientation."""
BACKGROUND_GRAY = 128
"""The background of transparent pixels."""


class FrameError(Exception):
    """A frame cannot be read; the message is one line with the file and the reason."""


@dataclass(frozen=True, eq=False)
class DecodedFrame:
    """One upright image.

    Attributes:
        image: Its 8-bit pixels.
        size: Width and height of the source, larger than the image if that was shrunk.
        notes: How it was converted.
    """

    image: Pixels
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def shrinkage(self) -> float:
        """Width of the image divided by that of its source, at most 1."""
        return float(self.image.shape[1] / self.size[0])


class ImageReader:
    """Reads image files.

    Args:
        white_level: Value of white in images of more than 8 bits, for all images of a database, so
            that their brightness can be compared; None refuses such images.
    """

    def __init__(self, white_level: float | None = None) -> None:
        self._white_level = white_level

    def read(self, path: Path) -> DecodedFrame:
        """Read a file by its content, whatever its file extension.

        Raises:
            FrameError: If the file is missing, unreadable, truncated, too large or no image.
        """
        check_file(path)
        try:
            with path.open("rb") as stream, _without_pillow_limits():
                return self._decode(path, stream)
        except FrameError:
            raise
        except PermissionError:
            raise FrameError(f"{path}: permission denied: change its permissions") from None
        except UnidentifiedImageError:
            raise FrameError(
                f"{path}: is no image of a known format ({describe_content(path)}), expected one "
                f"of {', '.join(FORMATS)}: replace the file"
            ) from None
        except Exception as error:  # decoders raise all kinds of errors for damaged files
            reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
            raise FrameError(
                f"{path}: cannot be decoded ({reason}), expected an image: replace the file"
            ) from None

    def _decode(self, path: Path, stream: BinaryIO) -> DecodedFrame:
        with Image.open(stream, formats=FORMATS) as image:
            notes = list(_describe_format(path, image))
            full = image.size
            image.draft(None, (MAX_SIDE, MAX_SIDE))  # decodes a large JPEG at a reduced size
            if image.size[0] * image.size[1] > MAX_PIXELS:
                raise FrameError(
                    f"{path}: is {full[0]}x{full[1]}, expected at most {MAX_PIXELS // 10**6} "
                    "million pixels: make it smaller"
                )
            image.load()
            if image.getexif().get(ORIENTATION, 1) in range(2, 9):
                notes.append("rotated upright according to its EXIF tag")
                if image.getexif()[ORIENTATION] > 4:
                    full = full[::-1]
                ImageOps.exif_transpose(image, in_place=True)
            pixels = self._to_bytes(image, notes)
        longest = max(pixels.shape[:2])
        if longest > MAX_SIDE:
            height, width = (max(1, side * MAX_SIDE // longest) for side in pixels.shape[:2])
            pixels = np.asarray(
                cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8
            )
        if max(full) > MAX_SIDE:
            notes.append(f"{full[0]}x{full[1]} pixels were shrunk")
        return DecodedFrame(pixels, full, tuple(notes))

    def _to_bytes(self, image: Image.Image, notes: list[str]) -> Pixels:
        if image.mode.startswith(DEEP_MODES):
            return self._scale(np.asarray(image), notes)
        if image.has_transparency_data:
            notes.append(f"the background of transparent pixels is gray {BACKGROUND_GRAY}")
            background = Image.new("RGBA", image.size, (*[BACKGROUND_GRAY] * 3, 255))
            image = Image.alpha_composite(background, image.convert("RGBA"))
        return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))

    def _scale(self, values: NDArray[Any], notes: list[str]) -> Pixels:
        _, high = value_range(values)
        if self._white_level is None:
            raise ValueError(
                f"it has more than 8 bits, with values up to {high:g}: set white_level"
            )
        notes.append(f"values from 0 to {self._white_level:g} were converted to 8 bits")
        if high > self._white_level:
            notes.append(f"larger values, up to {high:g}, became white")
        scaled = values.clip(0, self._white_level) * (255 / self._white_level)
        return np.asarray(np.round(scaled), np.uint8)


def largest_value(path: Path) -> tuple[str, float] | None:
    """Kind of number (``f`` or an integer) and largest value of an image of more than 8 bits.

    Returns:
        None if the image has 8 bits, or cannot be read.
    """
    try:
        check_file(path)  # a named pipe would block
        with _without_pillow_limits(), Image.open(path, formats=FORMATS) as image:
            if not image.mode.startswith(DEEP_MODES) or image.size[0] * image.size[1] > MAX_PIXELS:
                return None
            values = np.asarray(image)
            return values.dtype.kind, value_range(values)[1]
    except Exception:  # decoders raise all kinds of errors; they are reported with the sample
        return None


def value_range(values: NDArray[Any]) -> tuple[float, float]:
    """Smallest and largest value of an image.

    Raises:
        ValueError: If they are negative, of more than 16 bits, or no numbers.
    """
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high < 2 ** BIT_DEPTHS[-1]):  # also if they are NaN
        raise ValueError(f"its values are {low:g} to {high:g}")
    return low, high


def _describe_format(path: Path, image: Image.Image) -> Iterator[str]:
    """What the file extension does not show, or is lost in 8 bits."""
    named = Image.registered_extensions().get(path.suffix.lower(), "")
    found = image.format or ""
    same = {EQUIVALENT_FORMATS.get(name, name) for name in (named, found)}
    if path.suffix and len(same) > 1:
        yield f"a {found} file with another file extension"
    if getattr(image, "is_animated", False):
        yield "the first of several images in one file"
    if not image.mode.startswith(DEEP_MODES) and ";16" in str(getattr(image, "tile", "")):
        yield "the upper 8 of 16 bits per channel were read"


def check_file(path: Path) -> None:
    """Check that a path is a file that is not empty.

    Raises:
        FrameError: If it is not.
    """
    try:
        if path.is_file():
            if path.stat().st_size:
                return
            reason = "is empty (0 bytes): replace the file"
        elif path.is_symlink():
            reason = "is a broken link: fix the link"
        elif path.exists():
            reason = "is a folder or a device, expected a file: correct the path"
        else:
            reason = "no such file: correct the path"
    except OSError as error:
        reason = f"cannot be reached ({error.strerror or type(error).__name__}): correct the path"
    raise FrameError(f"{path}: {reason}")


def describe_content(path: Path) -> str:
    """Describe the first bytes of a file for a message."""
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if start.isascii() and start.decode("ascii").isprintable():
        return f"it begins with the text {start.decode('ascii')!r}"
    return f"it begins with the bytes {start.hex(' ')}"


@contextmanager
def _without_pillow_limits() -> Iterator[None]:
    """Disable Pillow's limit of pixels, which ``MAX_PIXELS`` replaces, and its warnings."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
