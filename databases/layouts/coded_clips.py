"""Clips whose key frames are listed by number in a table: shared by CASME II and SAMM."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import (
    existing_folder,
    folders_in,
    images_in,
    naming,
)
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.tables import read_table

EMOTION = "Estimated Emotion"
UNKNOWN = ("", "/", "-", "-1")
"""Cells of an unknown frame."""


class CodedClips(Database):
    """One folder of frames per clip, and a table with one row per clip.

    The table refers to frames by the numbers in their file names, which may start anywhere.

    Args:
        root: The folder of the subjects' folders.
        annotations: The table; None uses the only ``.xlsx`` in ``root``.
        labels: Class of each emotion; emotions without a class are excluded. None makes each
            emotion a class.

    Raises:
        InputError: If ``root`` has no folder of a subject, or not exactly one table.
    """

    layout: ClassVar[str]
    """Example of the path of a frame."""
    subjects: ClassVar[str]
    """Names of the subjects' folders, with wildcards."""
    subject: ClassVar[str]
    """Format of the name of a subject's folder, from the subject in the table."""
    key_frames: ClassVar[Mapping[str, str]]
    """Columns of onset, apex and offset."""
    details: ClassVar[Mapping[str, str]]
    """Columns to keep, by their names in the manifest."""
    filmed: ClassVar[int]
    """Number of subjects."""
    emotions: ClassVar[Mapping[str, int]]
    """Number of clips of each emotion."""
    source: ClassVar[str]
    """Source of the counts."""

    def __init__(
        self,
        root: Path | str,
        annotations: Path | str | None,
        labels: Mapping[str, str | None] | None,
    ) -> None:
        self.root = existing_folder(root)
        if not any(path.is_dir() for path in self.root.glob(self.subjects)):
            found = naming(sorted(path.name for path in self.root.iterdir())) or "nothing"
            raise InputError(f"{root}: found {found}, expected {self.layout}: check root")
        self.table = _only_table(self.root) if annotations is None else Path(annotations)
        self.labels = labels and {emotion.casefold(): labels[emotion] for emotion in labels}
        counts = Counter[str]()
        for emotion, clips in self.emotions.items():
            if label := self._label(emotion):
                counts[label] += clips
        self.published = Published(
            # Subjects may be lost with the excluded classes.
            subjects=self.filmed if counts.total() == sum(self.emotions.values()) else None,
            samples=counts.total(),
            labels=counts,
            source=self.source,
        )

    def read(self) -> Iterator[Recording | Finding]:
        named = ("Subject", "Filename", EMOTION, *self.key_frames.values(), *self.details.values())
        table = read_table(self.table, named)[list(named)]
        table["clip"] = [
            f"{self.subject.format(subject)}/{clip}"
            for subject, clip in zip(table["Subject"], table["Filename"], strict=True)
        ]
        folders = {
            f"{subject.name}/{clip.name}": clip
            for subject in folders_in(self.root)
            for clip in folders_in(subject)
            if images_in(clip)
        }
        for row, clip in table["clip"][~table["clip"].isin(folders)].items():
            yield exclusion(self.table, f"no image in {clip}", "its frames", row=int(str(row)))
        table = table[table["clip"].isin(folders)]
        for row, clip in table["clip"][table["clip"].duplicated()].items():
            yield exclusion(self.table, f"{clip} again", "each clip once", row=int(str(row)))
        table = table.drop_duplicates("clip")
        yield from self._unused(table)
        rows = {row["clip"]: row for row in table.reset_index().to_dict("records")}
        for clip, folder in folders.items():
            if clip not in rows:
                yield exclusion(folder, "frames", f"a row of {clip} in {self.table}")
            elif label := self._label(rows[clip][EMOTION]):
                yield from self._read_clip(folder, label, rows[clip])

    def _label(self, emotion: str) -> str | None:
        emotion = emotion.casefold()
        if self.labels is None:
            return emotion
        label = self.labels.get(emotion)
        return None if label is None else str(label)  # a number from the command line

    def _unused(self, table: pd.DataFrame) -> Iterator[Finding]:
        """Rows without a class, and rows without a key frame, in one finding for each reason."""
        kept = np.array([bool(self._label(emotion)) for emotion in table[EMOTION]], dtype=bool)
        for emotion, rows in table[~kept].groupby(EMOTION):
            known = str(emotion).casefold() in self.emotions
            reason = f"emotion {emotion!r} has no class in labels and is excluded"
            yield self._finding(rows, reason, Severity.NOTE if known else Severity.WARNING)
        for column in self.key_frames.values():
            if not (rows := table[kept & table[column].isin(UNKNOWN)]).empty:
                yield self._finding(rows, f"no {column}", Severity.NOTE)

    def _finding(self, rows: pd.DataFrame, reason: str, severity: Severity) -> Finding:
        return Finding(
            check="annotations",
            severity=severity,
            message=f"{self.table}: {reason} in rows ({len(rows)}): {naming(list(rows.index))}",
            samples=tuple(clip.replace("/", "_") for clip in rows["clip"]),
        )

    def _read_clip(
        self, folder: Path, label: str, row: Mapping[Hashable, Any]
    ) -> Iterator[Recording | Finding]:
        """The clip, and a finding for each invalid file name and key frame."""
        sample = f"{folder.parent.name}_{folder.name}"
        frames: dict[int, Path] = {}
        for image in images_in(folder):
            match = re.search(r"(\d+)\D*$", image.stem)
            if match is None or frames.setdefault(int(match[1]), image) is not image:
                found = f"the number of {frames[int(match[1])].name}" if match else "no number"
                message = f"{image}: found {found}, expected a unique number: frame excluded"
                yield _misfit(message, sample)
        if not frames:
            yield exclusion(folder, "no numbered image", self.layout)
            return
        places = {number: place for place, number in enumerate(sorted(frames))}
        positions: dict[str, int | None] = {}
        for key, column in self.key_frames.items():
            match = re.fullmatch(r"(\d+)(\.0*)?", row[column])
            positions[key] = places.get(int(match[1])) if match else None
            if positions[key] is None and row[column] not in UNKNOWN:
                yield _misfit(
                    f"{self.table}, row {row['row']}: {column} {row[column]!r} is no frame in "
                    f"{folder}, expected one from {min(frames)} to {max(frames)}: fix it, or it "
                    "counts as unknown",
                    sample,
                )
        yield Recording(
            sample_id=sample,
            subject_id=folder.parent.name,
            label=label,
            frames=[frames[number] for number in places],
            onset=positions["onset"],
            apex=positions["apex"],
            offset=positions["offset"],
            details={"emotion": row[EMOTION].casefold()}
            | {name: row[column] or None for name, column in self.details.items()},
        )


def _only_table(root: Path) -> Path:
    # ~$NAME.xlsx is a temporary file of a spreadsheet program.
    tables = [path for path in sorted(root.glob("*.xlsx")) if path.name[0] not in "~."]
    if len(tables) != 1:
        found = naming([path.name for path in tables]) or "none"
        raise InputError(
            f"{root}: expected one table .xlsx of annotations, found {found}: name it with "
            "database.annotations=FILE"
        )
    return tables[0]


def _misfit(message: str, sample: str) -> Finding:
    return Finding(
        check="key frames", severity=Severity.WARNING, message=message, samples=(sample,)
    )
