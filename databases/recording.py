"""A recording: what a database says of one sample, before any pixel is read."""

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
        last: Number of the last frame; None takes all to the end.
    """

    path: Path
    first: int = 0
    last: int | None = None


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One sample: who shows what, and where its frames lie.

    Positions count the frames of this recording from 0, whatever the files are called.

    Attributes:
        sample_id: A name of its own, made of the database's names and never of a row number.
        subject_id: Who it shows.
        label: The class, or what it is called before a user's choice of classes.
        frames: Image files in the order of time, or a video.
        onset: Position of the onset frame; None where the database does not tell.
        apex: Position of the apex frame; None where the database does not tell.
        offset: Position of the offset frame; None where the database does not tell.
        onset_source: Where ``onset`` comes from, ``annotated`` or ``corrected``.
        apex_source: Where ``apex`` comes from, such as ``annotated``, ``last frame`` or
            ``action units``; of no meaning where it is None.
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
