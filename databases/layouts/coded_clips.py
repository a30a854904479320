"""Clips whose key frames a table codes by number: what CASME II and SAMM have in common."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.annotations import read_table
from posed_spontaneous.databases.layouts.folders import folders_in, images_in
from posed_spontaneous.databases.layouts.omission import omission
from posed_spontaneous.databases.layouts.tree import existing_folder, naming
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

EMOTION = "Estimated Emotion"
UNTOLD = ("", "/", "-", "-1")
"""What coders write where they tell no frame."""


class CodedClips(Database):
    """A folder of frames for each clip, and a table with a row for each.

    The table gives frames by the numbers in their files' names, which start anywhere.

    Args:
        root: The folder that holds the subjects' folders.
        annotations: The table; None takes the only ``.xlsx`` in ``root``.
        labels: Class of each emotion; one that is absent or has no class is left out. None makes
            a class of every emotion.

    Raises:
        InputError: If ``root`` holds no subject's folder, or not one table.
    """

    layout: ClassVar[str]
    """A frame's path, for example."""
    subjects: ClassVar[str]
    """Names of subjects' folders, with wildcards."""
    subject: ClassVar[str]
    """A subject's folder, made of what the table calls the subject."""
    key_frames: ClassVar[Mapping[str, str]]
    """Columns of onset, apex and offset."""
    details: ClassVar[Mapping[str, str]]
    """Columns to keep, by their names in the manifest."""
    filmed: ClassVar[int]
    """Number of subjects."""
    emotions: ClassVar[Mapping[str, int]]
    """Number of clips of each emotion."""
    source: ClassVar[str]
    """Where the numbers stand."""

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
            # Subjects may go with the classes that are left out.
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
            yield omission(self.table, f"no image in {clip}", "its frames", row=int(str(row)))
        table = table[table["clip"].isin(folders)]
        for row, clip in table["clip"][table["clip"].duplicated()].items():
            yield omission(self.table, f"{clip} again", "a clip once", row=int(str(row)))
        table = table.drop_duplicates("clip")
        yield from self._left_open(table)
        rows = {row["clip"]: row for row in table.reset_index().to_dict("records")}
        for clip, folder in folders.items():
            if clip not in rows:
                yield omission(folder, "frames", f"a row of {clip} in {self.table}")
            elif label := self._label(rows[clip][EMOTION]):
                yield from self._read_clip(folder, label, rows[clip])

    def _label(self, emotion: str) -> str | None:
        emotion = emotion.casefold()
        if self.labels is None:
            return emotion
        label = self.labels.get(emotion)
        return None if label is None else str(label)  # a number from the command line

    def _left_open(self, table: pd.DataFrame) -> Iterator[Finding]:
        """What the choice of classes or the coders leave out, all rows of it at once."""
        kept = np.array([bool(self._label(emotion)) for emotion in table[EMOTION]], dtype=bool)
        for emotion, rows in table[~kept].groupby(EMOTION):
            known = str(emotion).casefold() in self.emotions
            told = f"emotion {emotion!r} has no class in labels and is left out"
            yield self._told_of(rows, told, Severity.NOTE if known else Severity.WARNING)
        for column in self.key_frames.values():
            if not (rows := table[kept & table[column].isin(UNTOLD)]).empty:
                yield self._told_of(rows, f"no {column} is told", Severity.NOTE)

    def _told_of(self, rows: pd.DataFrame, told: str, severity: Severity) -> Finding:
        return Finding(
            check="annotations",
            severity=severity,
            message=f"{self.table}: {told} in rows ({len(rows)}): {naming(list(rows.index))}",
            samples=tuple(clip.replace("/", "_") for clip in rows["clip"]),
        )

    def _read_clip(
        self, folder: Path, label: str, row: Mapping[Hashable, Any]
    ) -> Iterator[Recording | Finding]:
        """The clip, and a finding for each file and each key frame that does not fit."""
        sample = f"{folder.parent.name}_{folder.name}"
        frames: dict[int, Path] = {}
        for image in images_in(folder):
            match = re.search(r"(\d+)\D*$", image.stem)
            if match is None or frames.setdefault(int(match[1]), image) is not image:
                found = f"the number of {frames[int(match[1])].name}" if match else "no number"
                yield _misfit(f"{image}: found {found}, expected its own: frame left out", sample)
        if not frames:
            yield omission(folder, "no numbered image", self.layout)
            return
        places = {number: place for place, number in enumerate(sorted(frames))}
        positions: dict[str, int | None] = {}
        for key, column in self.key_frames.items():
            match = re.fullmatch(r"(\d+)(\.0*)?", row[column])
            positions[key] = places.get(int(match[1])) if match else None
            if positions[key] is None and row[column] not in UNTOLD:
                yield _misfit(
                    f"{self.table}, row {row['row']}: {column} {row[column]!r} is no frame in "
                    f"{folder}, expected one from {min(frames)} to {max(frames)}: mend it, or it "
                    "counts as not told",
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
    # ~$NAME.xlsx is what a spreadsheet program leaves beside an open file.
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
