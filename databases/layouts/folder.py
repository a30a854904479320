"""Any tree of frames whose names contain subject and label."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import ClassVar, Literal

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import IMAGES, existing_folder, files_below, naming
from posed_spontaneous.databases.recording import Recording, natural_order
from posed_spontaneous.runtime.errors import InputError


class Folder(Database):
    """Frames under a pattern such as ``{label}/{subject}/{clip}/{frame}.png``.

    A placeholder matches as few characters of one name as possible, never a slash. Files that
    differ in ``frame`` only form a recording, in the order of their numbers. Further
    placeholders become columns of the manifest.

    Args:
        root: Where the pattern starts.
        pattern: Path of a frame, with ``{subject}``, ``{frame}`` and, unless ``label`` is given,
            ``{label}``; ``{{`` and ``}}`` are braces.
        label: Label of all recordings, if the pattern has none.
        onset: ``first`` if the first frame is the onset, else ``none``.

    Raises:
        InputError: If ``root`` is missing or the pattern is invalid.
    """

    paper: ClassVar[str] = "the authors of the recordings"
    access: ClassVar[str] = "files of your own"
    published = Published()

    def __init__(
        self,
        root: Path | str,
        pattern: str,
        label: str | None,
        onset: Literal["first", "none"],
    ) -> None:
        self.root = existing_folder(root)
        self.pattern = pattern
        self.expression = _compile(pattern)
        self.label = None if label is None else str(label)  # a number from the command line
        if onset not in ("first", "none"):
            raise InputError(f"onset: found {onset!r}, expected first or none: change it")
        self.onset = 0 if onset == "first" else None
        names = self.expression.groupindex.keys() | ({"label"} if label else set())
        if missing := {"subject", "label", "frame"} - names:
            raise InputError(
                f"pattern {pattern!r}: no {{{'}, {'.join(sorted(missing))}}}, expected each of "
                "{label}, {subject} and {frame}: add it, or set label"
            )
        if label and "label" in self.expression.groupindex:
            raise InputError(f"pattern {pattern!r} and label={label}: expected one: drop the other")

    def read(self) -> Iterator[Recording | Finding]:
        recordings: dict[tuple[str, ...], list[tuple[str, Path]]] = {}
        unmatched = []
        for path in files_below(self.root):
            name = path.relative_to(self.root).as_posix()
            if match := self.expression.fullmatch(name):
                found = match.groupdict()
                frame = found.pop("frame")
                recordings.setdefault(tuple(found.values()), []).append((frame, path))
            else:
                unmatched.append(name)
        if not recordings:
            raise InputError(
                f"{self.root}: found {naming(unmatched) or 'no file'}, expected files such as "
                f"{self.pattern}: change root or pattern"
            )
        images = any(Path(name).suffix.lower() in IMAGES for name in unmatched)
        if unmatched:
            yield Finding(
                check="pattern",
                severity=Severity.WARNING if images else Severity.NOTE,
                message=f"{self.root}: files that do not match {self.pattern} "
                f"({len(unmatched)}): {naming(unmatched)}",
            )
        taken = set()
        names = [name for name in self.expression.groupindex if name != "frame"]
        for values, frames in recordings.items():
            sample = "_".join(values)
            if sample in taken:
                yield exclusion(frames[0][1].parent, f"sample {sample} again", "names that differ")
                continue
            taken.add(sample)
            details = dict(zip(names, values, strict=True))
            yield Recording(
                sample_id=sample,
                subject_id=details.pop("subject"),
                label=details.pop("label", self.label or ""),
                frames=[path for _, path in sorted(frames, key=_in_time)],
                onset=self.onset,
                details={name: value for name, value in details.items() if name != "clip"},
            )


def _in_time(frame: tuple[str, Path]) -> list[tuple[int, int, str]]:
    return natural_order(Path(frame[0]))


def _compile(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression with a group for each placeholder."""
    expected = "expected a path below root such as {label}/{subject}/{clip}/{frame}.png"
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        raise InputError(f"pattern {pattern!r}: {error}, {expected}: fix it") from error
    if {"", ".", ".."} & set(pattern.split("/")):
        raise InputError(f"pattern {pattern!r}: found a name that is empty or dots, {expected}")
    expression = ""
    known: set[str] = set()
    for literal, name, form, conversion in parts:
        if name is not None and (form or conversion or not name.isidentifier()):
            raise InputError(f"pattern {pattern!r}: found {{{name}}}, {expected}: fix it")
        if expression.endswith(")") and not literal and name is not None:
            raise InputError(
                f"pattern {pattern!r}: nothing between a placeholder and {{{name}}}, expected "
                "some characters between them: fix it"
            )
        expression += re.escape(literal)
        if name is not None:
            expression += f"(?P={name})" if name in known else f"(?P<{name}>[^/]+?)"
            known.add(name)
    return re.compile(expression)
