"""SPOS: spontaneous and posed expressions of seven subjects."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import expected_folder, folders_in, images_in
from posed_spontaneous.databases.recording import Recording


class Spos(Database):
    """Frames in ``{posed,spontaneous}/<emotion>/<subject>-<n>/<frame>.bmp``.

    Onset and apex are not annotated. "Differentiating spontaneous from posed facial expressions
    within a generic facial expression recognition framework" (Pfister et al., 2011, ICCV
    workshops).

    Args:
        root: The folder that holds ``posed`` and ``spontaneous``.
        modality: Light of the frames in ``root``, a column of the manifest.

    Raises:
        InputError: If ``root`` lacks one of the two folders.
    """

    paper: ClassVar[str] = (
        "Pfister, Li, Zhao, Pietikäinen: Differentiating spontaneous from posed facial "
        "expressions within a generic facial expression recognition framework. 2011, ICCV "
        "workshops"
    )
    access: ClassVar[str] = (
        "a signed agreement, sent to the Center for Machine Vision and Signal Analysis of the "
        "University of Oulu"
    )
    published = Published(
        subjects=7,
        samples=234,
        labels={"posed": 84, "spontaneous": 150},
        source="the 2017 paper, section 4.2; another source counts 147 spontaneous ones",
    )

    def __init__(self, root: Path | str, modality: Literal["visible", "near-infrared"]) -> None:
        self.folders = {
            label: expected_folder("SPOS", Path(root), label) for label in ("posed", "spontaneous")
        }
        self.modality = modality

    def read(self) -> Iterator[Recording | Finding]:
        for label, folder in self.folders.items():
            for emotion in folders_in(folder):
                takes = folders_in(emotion)
                if not takes:
                    yield exclusion(emotion, "no folder", "folders <subject>-<n> of frames")
                for take in takes:
                    yield self._recording(label, emotion.name.lower(), take)

    def _recording(self, label: str, emotion: str, take: Path) -> Recording | Finding:
        # The subject is the part before the last hyphen: 'yi' and 'ying' are two subjects.
        subject, _, number = take.name.rpartition("-")
        if not subject:
            return exclusion(take, f"the name {take.name!r}", "a name as <subject>-<n>")
        if not (frames := images_in(take)):
            return exclusion(take, "no image", "its frames")
        return Recording(
            sample_id=f"{label}_{emotion}_{take.name}",
            subject_id=subject,
            label=label,
            frames=frames,
            details={"emotion": emotion, "take": number, "modality": self.modality},
        )
