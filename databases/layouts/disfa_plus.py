"""DISFA+: posed expressions with the intensity of action units in each frame."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.action_units import onset_and_apex, strengths_of
from posed_spontaneous.databases.layouts.annotations import read_table
from posed_spontaneous.databases.layouts.folders import expected_folder, folders_in, images_in
from posed_spontaneous.databases.layouts.omission import omission
from posed_spontaneous.databases.recording import Recording

TRIAL = r"Tr(?:ai|ia)lNo_\d+"
"""The end of a session's name; the database spells it TrailNo."""
LABELS = ("posed", "spontaneous")
COLUMNS = ("subject", "session", "label")


class DisfaPlus(Database):
    """Frames in ``Images/<subject>/<session>/*.jpg``; ``Labels`` has a file AU#.txt a session.

    The apex is the frame with the greatest sum of intensities, the onset the last frame before it
    with the least. A session such as ``A1_AU1_TrailNo_1`` is a task done on request, hence posed;
    the label of any other stands in a table of yours. "Extended DISFA Dataset: Investigating Posed
    and Spontaneous Facial Expressions" (Mavadati, Sanger, Mahoor, 2016, CVPR workshops).

    Args:
        root: The folder that holds ``Images`` and ``Labels``.
        sessions: A CSV with the columns ``subject``, ``session``, ``label`` for sessions whose
            names do not tell; it goes before the names.

    Raises:
        InputError: If ``root`` lacks one of the two folders.
    """

    paper: ClassVar[str] = (
        "Mavadati, Sanger, Mahoor: Extended DISFA Dataset: Investigating Posed and Spontaneous "
        "Facial Expressions. 2016, CVPR workshops"
    )
    access: ClassVar[str] = (
        "a signed agreement, sent to the authors at the University of Denver by the form at "
        "mohammadmahoor.com"
    )
    published = Published(subjects=9, source="users of the database; its paper was not at hand")

    def __init__(self, root: Path | str, sessions: Path | str | None) -> None:
        self.images = expected_folder("DISFA+", Path(root), "Images")
        self.codes = expected_folder("DISFA+", Path(root), "Labels")
        self.sessions = None if sessions is None else Path(sessions)

    def read(self) -> Iterator[Recording | Finding]:
        told = yield from self._told()
        coded = {f"{path.parent.name}_{path.name}": path for path in _sessions(self.codes)}
        for session in _sessions(self.images):
            sample = f"{session.parent.name}_{session.name}"
            codes = coded.pop(sample, self.codes / session.parent.name / session.name)
            label = told.get(sample) or _label(session.name)
            frames = images_in(session)
            if label is None:
                expected = f"a row {','.join(COLUMNS)} for it in database.sessions=FILE.csv"
                yield omission(session, "a name that tells no label", expected)
            elif not frames:
                yield omission(session, "no image", "its frames")
            else:
                strengths, faults = strengths_of(codes, frames)
                onset, apex = onset_and_apex(strengths)
                if faults:
                    left = "is not told" if apex is None else f"is taken as {frames[apex].name}"
                    yield Finding(
                        check="action units",
                        severity=Severity.WARNING,
                        message=f"{codes}: {'; '.join(faults)}: the apex {left}",
                        samples=(sample,),
                    )
                yield Recording(
                    sample_id=sample,
                    subject_id=session.parent.name,
                    label=label,
                    frames=frames,
                    onset=onset,
                    apex=apex,
                    apex_source="action units",
                    details={"task": re.sub(f"_{TRIAL}", "", session.name)},
                )
        for codes in coded.values():
            yield omission(codes, "intensities alone", f"images in {self.images}")

    def _told(self) -> Generator[Finding, None, dict[str, str]]:
        """The user's label of a session."""
        told: dict[str, str] = {}
        if self.sessions is None:
            return told
        for row, cells in read_table(self.sessions, COLUMNS).to_dict("index").items():
            subject, session, label = (cells[column] for column in COLUMNS)
            sample = f"{subject}_{session}"
            if label.lower() not in LABELS:
                found, expected = f"the label {label!r}", " or ".join(LABELS)
            elif sample in told:
                found, expected = f"{sample} again", "each session once"
            elif not (self.images / subject / session).is_dir():
                found, expected = sample, f"a session in {self.images}"
            else:
                told[sample] = label.lower()
                continue
            yield omission(self.sessions, found, expected, row=row)
        return told


def _sessions(root: Path) -> Iterator[Path]:
    return (session for subject in folders_in(root) for session in folders_in(subject))


def _label(session: str) -> str | None:
    if "spontaneous" in session.lower():
        return "spontaneous"
    return "posed" if re.fullmatch(rf"[A-Z]\d*_\w+_{TRIAL}", session) else None
