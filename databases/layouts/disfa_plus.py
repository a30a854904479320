"""DISFA+: posed expressions with the intensity of action units in each frame."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.action_units import onset_and_apex, sum_intensities
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import expected_folder, folders_in, images_in
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.tables import read_table

TRIAL = r"Tr(?:ai|ia)lNo_\d+"
"""The end of a session's name; the database spells it TrailNo."""
LABELS = ("posed", "spontaneous")
COLUMNS = ("subject", "session", "label")


class DisfaPlus(Database):
    """Frames in ``Images/<subject>/<session>/*.jpg``, intensities in ``Labels/.../AU#.txt``.

    The apex is the frame with the greatest sum of intensities, the onset the last frame before it
    with the smallest sum. A session such as ``A1_AU1_TrailNo_1`` is a task on request and therefore
    posed; the labels of all others are in a table that the user supplies. "Extended DISFA Dataset:
    Investigating Posed and Spontaneous Facial Expressions" (Mavadati, Sanger, Mahoor, 2016, CVPR
    workshops).

    Args:
        root: The folder that holds ``Images`` and ``Labels``.
        sessions: A CSV with the columns ``subject``, ``session``, ``label`` for sessions whose
            names contain no label; it overrides the names.

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
        labels = yield from self._read_labels()
        coded = {f"{path.parent.name}_{path.name}": path for path in _sessions(self.codes)}
        for session in _sessions(self.images):
            sample = f"{session.parent.name}_{session.name}"
            codes = coded.pop(sample, self.codes / session.parent.name / session.name)
            label = labels.get(sample) or _label(session.name)
            frames = images_in(session)
            if label is None:
                expected = f"a row {','.join(COLUMNS)} for it in database.sessions=FILE.csv"
                yield exclusion(session, "a name without a label", expected)
            elif not frames:
                yield exclusion(session, "no image", "its frames")
            else:
                strengths, faults = sum_intensities(codes, frames)
                onset, apex = onset_and_apex(strengths)
                if faults:
                    used = "is unknown" if apex is None else f"is set to {frames[apex].name}"
                    yield Finding(
                        check="action units",
                        severity=Severity.WARNING,
                        message=f"{codes}: {'; '.join(faults)}: the apex {used}",
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
            yield exclusion(codes, "intensities only", f"images in {self.images}")

    def _read_labels(self) -> Generator[Finding, None, dict[str, str]]:
        """Labels by session, from the user's table."""
        labels: dict[str, str] = {}
        if self.sessions is None:
            return labels
        for row, cells in read_table(self.sessions, COLUMNS).to_dict("index").items():
            subject, session, label = (cells[column] for column in COLUMNS)
            sample = f"{subject}_{session}"
            if label.lower() not in LABELS:
                found, expected = f"the label {label!r}", " or ".join(LABELS)
            elif sample in labels:
                found, expected = f"{sample} again", "each session once"
            elif not (self.images / subject / session).is_dir():
                found, expected = sample, f"a session in {self.images}"
            else:
                labels[sample] = label.lower()
                continue
            yield exclusion(self.sessions, found, expected, row=row)
        return labels


def _sessions(root: Path) -> Iterator[Path]:
    return (session for subject in folders_in(root) for session in folders_in(subject))


def _label(session: str) -> str | None:
    if "spontaneous" in session.lower():
        return "spontaneous"
    return "posed" if re.fullmatch(rf"[A-Z]\d*_\w+_{TRIAL}", session) else None
