"""SMIC: micro-expressions of three kinds, under one of three cameras."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import (
    existing_folder,
    folders_in,
    images_in,
    naming,
)
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

LABELS = ("negative", "positive", "surprise")


class Smic(Database):
    """Frames in ``s1/micro/negative/s1_ne_01/*.bmp``, from onset to offset; the kind is the label.

    "A spontaneous micro-expression database: inducement, collection and baseline" (Li et al.,
    2013, FG). It has no apex; by convention the middle frame is used.

    Args:
        root: The folder of one camera, such as ``SMIC_all_cropped/HS``.

    Raises:
        InputError: If ``root`` has no subject with a folder ``micro``.
    """

    paper: ClassVar[str] = (
        "Li, Pfister, Huang, Zhao, Pietikäinen: A spontaneous micro-expression database: "
        "inducement, collection and baseline. 2013, FG"
    )
    access: ClassVar[str] = (
        "a signed agreement, sent to the Center for Machine Vision and Signal Analysis of the "
        "University of Oulu"
    )
    published = Published(
        subjects=16,
        samples=164,
        labels={"negative": 70, "positive": 51, "surprise": 43},
        source="the database's paper, high-speed camera",
    )

    def __init__(self, root: Path | str) -> None:
        self.root = existing_folder(root)
        self.subjects = folders_in(self.root)
        if not any((subject / "micro").is_dir() for subject in self.subjects):
            found = naming(sorted(path.name for path in self.root.iterdir())) or "nothing"
            raise InputError(
                f"{root}: found {found}, expected folders such as s1/micro/negative/s1_ne_01: set "
                "root to the folder of one camera, such as SMIC_all_cropped/HS"
            )

    def read(self) -> Iterator[Recording | Finding]:
        for subject in self.subjects:
            if not (subject / "micro").is_dir():
                yield exclusion(subject, "no folder micro", "a subject's folder micro")
            for kind in folders_in(subject / "micro"):
                label = kind.name.lower()
                for clip in folders_in(kind):
                    frames = images_in(clip)
                    if label not in LABELS or not frames:
                        found = f"{len(frames)} images of {label}"
                        yield exclusion(clip, found, f"images of {', '.join(LABELS)}")
                        continue
                    yield Recording(
                        sample_id=f"{subject.name}_{label}_{clip.name}",
                        subject_id=subject.name,
                        label=label,
                        frames=frames,
                        onset=0,
                        apex=len(frames) // 2,
                        offset=len(frames) - 1,
                        apex_source="midpoint",
                    )
