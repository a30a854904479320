"""The value of white in images of more than 8 bits, found over a whole database.

With a scale for each image, its brightness would depend on its content, and so on the class.
"""

from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.images import BIT_DEPTHS, largest_value
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

EIGHT_BITS = frozenset({".bmp", ".gif", ".jpeg", ".jpg"})
"""File types that have no more than 8 bits, which are not opened."""


def find_white_level(recordings: Iterable[Recording]) -> tuple[float, Finding] | None:
    """Find the value of white in the deep images of a database.

    Args:
        recordings: All recordings of the database.

    Returns:
        The value, 1 for images with values from 0 to 1 and otherwise the largest value of 8, 10,
        12, 14 or 16 bits, and a note about it. None if all images have 8 bits.

    Raises:
        InputError: If the database has images of both kinds.
    """
    files = dict.fromkeys(
        path
        for recording in recordings
        if not isinstance(recording.frames, Video)
        for path in recording.frames
        if path.suffix.lower() not in EIGHT_BITS
    )
    largest: dict[str, tuple[float, Path]] = {}
    deep = 0
    for path in tqdm(files, desc="reading bit depths", disable=None):
        if found := largest_value(path):
            kind, value = found
            deep += 1
            if value >= largest.get(kind, (0.0, path))[0]:
                largest[kind] = value, path
    levels = {_white(kind, value): path for kind, (value, path) in largest.items()}
    if 1.0 in levels and len(levels) > 1:
        (one, other) = levels.values()
        raise InputError(
            f"{one} and {other}: one has values from 0 to 1 and the other one larger values, "
            "expected one range in all images of a database: convert them, or set white_level"
        )
    if not levels:
        return None
    white = max(levels)
    note = Finding(
        check="white level",
        severity=Severity.NOTE,
        message=f"{deep} images have more than 8 bits: {white:g} is white in all of them, since "
        f"the largest value is {max(value for value, _ in largest.values()):g} "
        f"({levels[white]}); white_level=NUMBER sets another value",
    )
    return white, note


def _white(kind: str, value: float) -> float:
    if kind == "f" and value <= 1:
        return 1.0
    return float(next(2**bits - 1 for bits in BIT_DEPTHS if value < 2**bits))
