"""Image files as databases hold them: whatever the format and depth, out come 8 bits."""

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

Picture = NDArray[np.uint8]
"""Gray, ``(H, W)``, or red, green and blue, ``(H, W, 3)``; 0 to 255."""

FORMATS = ("BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "SGI", "TIFF", "WEBP")
"""Formats that tell themselves by their first bytes and need no program beside Pillow."""
ALIKE = {"MPO": "JPEG", "DIB": "BMP"}
"""Formats that go by another's file extension."""
MOST_PIXELS = 100_000_000
"""A picture with more is refused: decoding it takes gigabytes."""
LONGEST_SIDE = 4096
"""Larger pictures are shrunk as they are read; eyes are found no better on more pixels."""
DEPTHS = (8, 10, 12, 14, 16)
"""Bits in which cameras count."""
ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""
EMPTY_GRAY = 128
"""What shows through a transparent pixel."""


class FrameError(Exception):
    """A frame cannot be had; the message is one line that names the file and what is wrong."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, upright.

    Attributes:
        image: Its pixels, 8 bits.
        size: Width and height of the source; the image's own unless it was shrunk.
        notes: What was done to it, for the record.
    """

    image: Picture
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def shrinkage(self) -> float:
        """Pixels of the image for each of the source, at most 1."""
        return float(self.image.shape[1] / self.size[0])


class PictureReader:
    """Reads the image files of one recording.

    Pixels of more than 8 bits are divided by the range of the first such picture, counted in a
    camera's bits (10, 12, 14 or 16), so that the brightness of a recording's frames compares.
    """

    def __init__(self) -> None:
        self._depth: int | None = None

    def read(self, path: Path) -> Frame:
        """Read a file by its content, whatever its name says.

        Raises:
            FrameError: If there is no such file, it may not be read, is no image, is not whole,
                or is too large.
        """
        check_file(path)
        try:
            with path.open("rb") as stream, _own_limits():
                return self._decode(path, stream)
        except FrameError:
            raise
        except PermissionError:
            raise FrameError(f"{path}: may not be read: change its permissions") from None
        except UnidentifiedImageError:
            raise FrameError(
                f"{path}: is no image of a known format ({describe_content(path)}), expected one "
                f"of {', '.join(FORMATS)}: replace the file"
            ) from None
        except Exception as error:  # whatever a decoder says of broken bytes
            reason = " ".join(str(error).split()) or type(error).__name__
            raise FrameError(
                f"{path}: cannot be decoded ({reason[:200]}), expected a whole image: replace the "
                "file"
            ) from None

    def _decode(self, path: Path, stream: BinaryIO) -> Frame:
        with Image.open(stream, formats=FORMATS) as image:
            notes = list(_name_oddities(path, image))
            full = image.size
            image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at a fraction
            if image.size[0] * image.size[1] > MOST_PIXELS:
                raise FrameError(
                    f"{path}: is {full[0]}x{full[1]}, expected at most {MOST_PIXELS // 10**6} "
                    "million pixels: make it smaller"
                )
            image.load()
            if image.getexif().get(ORIENTATION, 1) in range(2, 9):
                notes.append("turned upright as its EXIF tag says")
                if image.getexif()[ORIENTATION] > 4:
                    full = full[::-1]
                ImageOps.exif_transpose(image, in_place=True)
            pixels = self._to_bytes(image, notes)
        longest = max(pixels.shape[:2])
        if longest > LONGEST_SIDE:
            height, width = (max(1, side * LONGEST_SIDE // longest) for side in pixels.shape[:2])
            pixels = np.asarray(
                cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8
            )
        if max(full) > LONGEST_SIDE:
            notes.append(f"{full[0]}x{full[1]} pixels were shrunk")
        return Frame(pixels, full, tuple(notes))

    def _to_bytes(self, image: Image.Image, notes: list[str]) -> NDArray[np.uint8]:
        if image.mode.startswith(("I", "F")):
            return self._scale(np.asarray(image), notes)
        if image.has_transparency_data:
            notes.append(f"transparent pixels became gray {EMPTY_GRAY}")
            layer = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, (EMPTY_GRAY, EMPTY_GRAY, EMPTY_GRAY, 255))
            return np.asarray(Image.alpha_composite(ground, layer).convert("RGB"))
        return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))

    def _scale(self, values: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
        low, high = float(values.min()), float(values.max())
        if not (low >= 0 and high < 2 ** DEPTHS[-1]):  # NaN fails both
            raise ValueError(f"its values go from {low:g} to {high:g}")
        if 0 < high <= 1 and values.dtype.kind == "f":
            notes.append("its values from 0 to 1 became 8 bits")
            return np.asarray(np.round(255 * values), np.uint8)
        if self._depth is None:
            self._depth = next(bits for bits in DEPTHS if high < 2**bits)
        if self._depth > DEPTHS[0]:
            notes.append(f"{self._depth} bits became 8")
        top = 2**self._depth - 1
        return np.asarray(np.round(values.clip(0, top) * (255 / top)), np.uint8)


def _name_oddities(path: Path, image: Image.Image) -> Iterator[str]:
    """What is not as the file's name or its bits let expect."""
    named = Image.registered_extensions().get(path.suffix.lower())
    found = image.format or ""
    if path.suffix and named != found and ALIKE.get(found, found) != ALIKE.get(named or "", named):
        yield f"a {found} file in spite of its name"
    if getattr(image, "is_animated", False):
        yield "the first of several pictures in one file"
    if image.mode not in ("I;16", "I;16B", "I", "F") and ";16" in str(getattr(image, "tile", "")):
        yield "of 16 bits a colour the upper 8 are kept"


def check_file(path: Path) -> None:
    """Tell in one line why a path leads to no file with content.

    Raises:
        FrameError: If it is none.
    """
    try:
        if path.is_file():
            if path.stat().st_size:
                return
            raise FrameError(f"{path}: is empty (0 bytes): replace the file")
        if path.is_symlink():
            raise FrameError(f"{path}: is a link that leads to no file: mend the link")
        if path.exists():
            raise FrameError(f"{path}: is a folder or a device, expected a file: correct the path")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FrameError(f"{path}: cannot be reached ({reason}): correct the path") from None
    raise FrameError(f"{path}: no such file: correct the path")


def describe_content(path: Path) -> str:
    """How a file begins, in a few words, for a message."""
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        return f"it may not be read: {error.strerror}"
    if start.isascii() and start.decode("ascii").isprintable():
        return f"it begins with the text {start.decode('ascii')!r}"
    return f"it begins with the bytes {start.hex(' ')}"


@contextmanager
def _own_limits() -> Iterator[None]:
    """Trust ``MOST_PIXELS`` and not Pillow's guard, and keep Pillow's warnings to itself."""
    guard, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = guard
