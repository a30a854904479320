"""The BBC smiles: twenty clips of a public test."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.folders import expected_folder, files_in
from posed_spontaneous.databases.recording import Recording, Video

FOLDERS = {"Genuine": "spontaneous", "posed": "posed"}


class BbcSmiles(Database):
    """Clips in ``Genuine/*.mp4`` and ``posed/*.mp4``.

    No paper describes them: they come from the online test "Spot the fake smile" of the BBC.
    Onset, apex and subjects are not known.

    Args:
        root: The folder that holds ``Genuine`` and ``posed``.

    Raises:
        InputError: If ``root`` lacks one of the two folders.
    """

    paper: ClassVar[str] = "BBC, Spot the fake smile: an online test, described in no paper"
    access: ClassVar[str] = "no known form: ask the BBC, or authors who report results on the clips"
    published = Published(samples=20, source="papers that report results on the clips")

    def __init__(self, root: Path | str) -> None:
        self.folders = {
            expected_folder("the BBC smiles", Path(root), name): label
            for name, label in FOLDERS.items()
        }

    def read(self) -> Iterator[Recording | Finding]:
        names = []
        for folder, label in self.folders.items():
            for clip in files_in(folder, {".mp4"}):
                names.append(f"{label}_{clip.stem}")
                yield Recording(
                    sample_id=names[-1], subject_id=names[-1], label=label, frames=Video(clip)
                )
        yield Finding(
            check="subjects",
            severity=Severity.NOTE,
            message="BBC smiles: the subjects are not known, so each clip counts as another "
            "subject: if two clips show one person, set subject_id in corrections=FILE",
            samples=tuple(names),
        )
