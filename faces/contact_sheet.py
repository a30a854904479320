"""A contact sheet of generated faces."""

import csv
from pathlib import Path

import cv2

from posed_spontaneous.drawing.contact_sheet import draw_contact_sheet
from posed_spontaneous.drawing.tiles import Image, PairPicture, render_png
from posed_spontaneous.faces.expression import LABELS
from posed_spontaneous.runtime.files import write_whole

SUBJECTS = 6
CELL = 132
"""Side of an image on the sheet, in pixels."""


def write_contact_sheet(manifest: Path, destination: Path) -> None:
    """Draw several subjects and all emotions of one subject, posed next to spontaneous.

    Args:
        manifest: A manifest of generated faces.
        destination: PNG file to write. Missing parent folders are created.
    """
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows = {
            (row["subject_id"], row["emotion"], row["label"]): row for row in csv.DictReader(stream)
        }
    subjects = list(dict.fromkeys(subject for subject, _, _ in rows))[:SUBJECTS]
    emotions = list(dict.fromkeys(emotion for _, emotion, _ in rows))
    turns = [(subject, emotions[turn % len(emotions)]) for turn, subject in enumerate(subjects)]
    turns += [(subjects[0], emotion) for emotion in emotions]
    pairs = [
        PairPicture(
            name=f"{subject} {emotion}",
            label=label,
            onset=_read(manifest.parent / row["onset_path"]),
            apex=_read(manifest.parent / row["apex_path"]),
        )
        for subject, emotion in turns
        for label in LABELS
        if (row := rows.get((subject, emotion, label)))
    ]
    sheet = draw_contact_sheet(pairs, title="Generated faces", columns=len(LABELS), cell=CELL)
    write_whole(destination, render_png(sheet))


def _read(file: Path) -> Image:
    return cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)  # type: ignore[return-value]
