"""A recording: what is known about a sample before any image is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Video:
    """Frames of a video file, all of it or a part.

    Attributes:
        path: The file.
        first: Number of the first frame, from 0.
        last: Number of the last frame; None is the end.
    """

    path: Path
    first: int = 0
    last: int | None = None


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One sample: subject, label and files.

    Positions are indices of the frames of this recording from 0.

    Attributes:
        sample_id: A unique name, derived from names of the database.
        subject_id: The subject.
        label: The class.
        frames: Image files in the order of time, or a video.
        onset: Position of the onset frame; None if it is not annotated.
        apex: Position of the apex frame; None if it is not annotated.
        offset: Position of the offset frame; None if it is not annotated.
        onset_source: Where ``onset`` comes from, ``annotated`` or ``corrected``.
        apex_source: Where ``apex`` comes from, such as ``annotated``, ``last frame`` or
            ``action units``; without meaning if it is None.
        details: Further columns of the manifest: ``emotion``, ``session``, ``gender``, ...
    """

    sample_id: str
    subject_id: str
    label: str
    frames: Sequence[Path] | Video
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    onset_source: str = "annotated"
    apex_source: str = "annotated"
    details: Mapping[str, str | float | None] = field(default_factory=dict)


def natural_order(path: Path) -> list[tuple[int, int, str]]:
    """Sorting key by which ``img9`` comes before ``img10``."""
    parts = re.split(r"(\d+)", path.name)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part.lower()) for part in parts]
