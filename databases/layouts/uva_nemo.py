"""UvA-NEMO: deliberate and spontaneous smiles of four hundred subjects."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import expected_folder, files_in
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

HEADER = 5
"""Header lines of the text files."""
ROW = "file, subject, gender, age and deliberate or spontaneous, separated by tabs"
LABELS = {"deliberate": "posed", "spontaneous": "spontaneous"}


class UvaNemo(Database):
    """Clips in ``videos/*.mp4``, described in ``*File_Details.txt``, without onset and apex.

    "Are you really smiling at me? Spontaneous versus posed enjoyment smiles" (Dibeklioğlu, Salah,
    Gevers, 2012, ECCV).

    Args:
        root: The folder of ``videos`` and the text files.
        group_by_kin: Give relatives (``*Kinship_Labels.txt``) one subject id, so that no family is
            in two parts of a fold; the column ``person`` distinguishes them.

    Raises:
        InputError: If ``root`` lacks the folder or one of the files.
    """

    paper: ClassVar[str] = (
        "Dibeklioğlu, Salah, Gevers: Are you really smiling at me? Spontaneous versus posed "
        "enjoyment smiles. 2012, ECCV"
    )
    access: ClassVar[str] = "a signed agreement, requested at uva-nemo.org"
    published = Published(
        subjects=400,
        samples=1240,
        labels={"posed": 643, "spontaneous": 597},
        source="the database's paper",
    )

    def __init__(self, root: Path | str, group_by_kin: bool) -> None:
        self.videos = expected_folder("UvA-NEMO", Path(root), "videos")
        self.described = _the_file(Path(root), "File_Details.txt")
        self.kinship = _the_file(Path(root), "Kinship_Labels.txt") if group_by_kin else None

    def read(self) -> Iterator[Recording | Finding]:
        families = yield from self._families()
        clips = {clip.name: clip for clip in files_in(self.videos, {".mp4"})}
        recordings: dict[str, Recording] = {}
        described = set()
        for row, line in _rows(self.described):
            cells = [cell.strip() for cell in line.split("\t")] + [""] * 4
            name, person, gender, age, kind = cells[:5]
            described.add(name)
            if not person or kind.lower() not in LABELS:
                yield exclusion(self.described, repr(line), ROW, row=row)
            elif name not in clips:
                yield exclusion(self.described, name, f"a clip in {self.videos}", row=row)
            elif name in recordings:
                yield exclusion(self.described, f"{name} again", "each clip once", row=row)
            else:
                known = age.isdecimal() and int(age) < 120
                recordings[name] = Recording(
                    sample_id=clips[name].stem,
                    subject_id=families.get(person, person),
                    label=LABELS[kind.lower()],
                    frames=Video(clips[name]),
                    details={
                        "gender": gender or None,
                        "age": float(age) if known else None,
                        **({"person": person} if self.kinship else {}),
                    },
                )
                if not known:
                    yield Finding(
                        check="age",
                        severity=Severity.NOTE,
                        message=f"{self.described}, row {row}: found the age {age!r}, expected "
                        "years: the age stays empty",
                        samples=(clips[name].stem,),
                    )
        for name, clip in clips.items():
            if name in recordings:
                yield recordings[name]
            elif name not in described:
                yield exclusion(clip, "a clip without a row", f"one in {self.described}")

    def _families(self) -> Generator[Finding, None, dict[str, str]]:
        """The family of each person with relatives, named after its first member."""
        families: dict[str, set[str]] = {}
        if self.kinship is None:
            return {}
        for row, line in _rows(self.kinship):
            # For example 001-002, a tab, and the relation.
            if (pair := re.match(r"([^\W_]{3})[\W_]([^\W_]{3})\b", line)) is None:
                yield exclusion(self.kinship, repr(line), "two subjects and a relation", row=row)
                continue
            joined = set().union(*(families.get(person, {person}) for person in pair.groups()))
            families.update(dict.fromkeys(joined, joined))
        return {person: f"family-{min(family)}" for person, family in families.items()}


def _the_file(root: Path, ending: str) -> Path:
    found = [file for file in files_in(root, {".txt"}) if file.name.endswith(ending)]
    if len(found) != 1:
        raise InputError(
            f"{root}: found {len(found)} files *{ending}, expected one: set root to the folder of "
            "UvA-NEMO with the original file"
        )
    return found[0]


def _rows(file: Path) -> Iterator[tuple[int, str]]:
    """The lines below the header that are not blank, by their number from 1."""
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    return ((n, line) for n, line in enumerate(lines[HEADER:], HEADER + 1) if line.strip())
