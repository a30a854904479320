"""A picture of a generated database for a person to look at."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from posed_spontaneous.faces.expression import LABELS
from posed_spontaneous.faces.scene import Picture

SUBJECTS = 6
CELL = 132
"""Pixels of one picture on the sheet."""
MARGIN = 22


def write_contact_sheet(manifest: Path, destination: Path) -> None:
    """Draw subjects and emotions, posed beside spontaneous: onset, apex and their difference.

    Args:
        manifest: A manifest of generated faces.
        destination: Image file to write; its folder is made.
    """
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows = {
            (row["subject_id"], row["emotion"], row["label"]): row for row in csv.DictReader(stream)
        }
    subjects = list(dict.fromkeys(subject for subject, _, _ in rows))[:SUBJECTS]
    emotions = list(dict.fromkeys(emotion for _, emotion, _ in rows))
    turns = [(subject, emotions[turn % len(emotions)]) for turn, subject in enumerate(subjects)]
    strips = [_header()]
    for subject, emotion in turns + [(subjects[0], emotion) for emotion in emotions]:
        strips.append(_caption(f"{subject} {emotion}", CELL * 3 * len(LABELS)))
        pairs = [_pair(manifest.parent, rows[subject, emotion, label]) for label in LABELS]
        strips.append(np.hstack(pairs))
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_bytes(cv2.imencode(".png", np.vstack(strips))[1].tobytes())


def _pair(folder: Path, row: dict[str, str]) -> Picture:
    """Onset, apex and their difference (gray is no change), side by side."""
    onset, apex = (
        cv2.imdecode(np.frombuffer((folder / row[column]).read_bytes(), np.uint8), 0)
        for column in ("onset_path", "apex_path")
    )
    change = np.clip(128 + np.asarray(apex, dtype=int) - np.asarray(onset, dtype=int), 0, 255)
    cells = [
        cv2.resize(np.asarray(cell, dtype=np.uint8), (CELL, CELL), interpolation=cv2.INTER_CUBIC)
        for cell in (onset, apex, change)
    ]
    return np.hstack([np.asarray(cell, dtype=np.uint8) for cell in cells])


def _header() -> Picture:
    return np.hstack(
        [
            _caption(f"{label} {kind}", CELL)
            for label in LABELS
            for kind in ("onset", "apex", "change")
        ]
    )


def _caption(text: str, width: int) -> Picture:
    strip = np.full((MARGIN, width), 255, dtype=np.uint8)
    cv2.putText(strip, text, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0, 1, cv2.LINE_AA)
    return strip
