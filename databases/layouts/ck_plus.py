"""CK+: posed expressions from neutral to apex."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import (
    IMAGES,
    expected_folder,
    files_in,
    folders_in,
)
from posed_spontaneous.databases.recording import Recording

EMOTIONS = {
    0.0: "neutral",
    1.0: "anger",
    2.0: "contempt",
    3.0: "disgust",
    4.0: "fear",
    5.0: "happiness",
    6.0: "sadness",
    7.0: "surprise",
}
UNLABELLED = "unlabelled"


class CkPlus(Database):
    """Frames in ``cohn-kanade-images/<subject>/<sequence>/*.png``, the emotion as label.

    A sequence runs from the neutral face to the apex. Its emotion is a number in a separate file,
    ``Emotion_labels/<subject>/<sequence>/*_emotion.txt``, and many sequences have none. "The
    Extended Cohn-Kanade Dataset (CK+): a complete dataset for action unit and emotion-specified
    expression" (Lucey et al., 2010, CVPR workshops).

    Args:
        root: The folder that holds the images and ``Emotion_labels`` or ``Emotion``.
        unlabelled: ``skip`` excludes sequences without an emotion, ``keep`` gives them the
            label ``unlabelled``.

    Raises:
        InputError: If ``root`` lacks one of the two folders.
    """

    paper: ClassVar[str] = (
        "Lucey, Cohn, Kanade, Saragih, Ambadar, Matthews: The Extended Cohn-Kanade Dataset (CK+): "
        "a complete dataset for action unit and emotion-specified expression. 2010, CVPR workshops"
    )
    access: ClassVar[str] = (
        "a signed agreement, sent to the Affect Analysis Group of the University of Pittsburgh"
    )

    def __init__(self, root: Path | str, unlabelled: Literal["skip", "keep"]) -> None:
        self.images = expected_folder("CK+", Path(root), "cohn-kanade-images")
        labels = expected_folder("CK+", Path(root), "Emotion_labels", "Emotion")
        # The archive of the labels unpacks to a folder Emotion.
        self.labels = labels / "Emotion" if (labels / "Emotion").is_dir() else labels
        self.unlabelled = unlabelled
        self.published = (
            Published(subjects=123, samples=593, source="the database's paper")
            if unlabelled == "keep"
            else Published(samples=327, source="the database's paper: sequences with an emotion")
        )

    def read(self) -> Iterator[Recording | Finding]:
        labels = _sequences(self.labels, {".txt"})
        without = []
        for (subject, sequence), frames in _sequences(self.images, IMAGES).items():
            sample = f"{subject}_{sequence}"
            files = labels.pop((subject, sequence), [])
            label = _emotion(files) if files else UNLABELLED
            if not frames:
                yield exclusion(self.images / subject / sequence, "no image", "its frames")
            elif label is None:
                yield exclusion(files[0].parent, _contents(files), "one file, a number from 0 to 7")
            elif not files and self.unlabelled == "skip":
                without.append(sample)
            else:
                without += [] if files else [sample]
                yield Recording(
                    sample_id=sample,
                    subject_id=subject,
                    label=label,
                    frames=frames,
                    onset=0,
                    apex=len(frames) - 1,
                    apex_source="last frame",
                )
        for (subject, sequence), files in labels.items():
            if files:
                images = self.images / subject / sequence
                yield exclusion(files[0], "a label without images", f"its sequence in {images}")
        if without:
            yield Finding(
                check="no emotion",
                severity=Severity.NOTE,
                message=f"{self.labels}: no emotion for {len(without)} sequences, "
                f"unlabelled={self.unlabelled}: {', '.join(without)}",
                samples=tuple(without),
            )


def _sequences(root: Path, suffixes: Iterable[str]) -> dict[tuple[str, str], list[Path]]:
    """The files of each subject's sequences."""
    return {
        (subject.name, sequence.name): files_in(sequence, suffixes)
        for subject in folders_in(root)
        for sequence in folders_in(subject)
    }


def _emotion(files: Sequence[Path]) -> str | None:
    """The emotion in the file, such as ``3.0000000e+00``; None if there is none."""
    try:
        (file,) = files
        return EMOTIONS.get(float(file.read_text()))
    except ValueError:
        return None


def _contents(files: Sequence[Path]) -> str:
    return ", ".join(f"{file.read_text(errors='replace').strip()[:40]!r}" for file in files)
