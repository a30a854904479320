"""A picture of a generated database for a person to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

SUBJECTS = 6
CELL = 132
"""Pixels of one picture on the sheet."""
MARGIN = 22
COLUMNS = (
    ("posed", "onset"),
    ("posed", "apex"),
    ("posed", "change"),
    ("spontaneous", "onset"),
    ("spontaneous", "apex"),
    ("spontaneous", "change"),
)


def write_contact_sheet(manifest: Path, destination: Path) -> None:
    """Draw subjects and emotions, posed beside spontaneous: onset, apex and their difference.

    Args:
        manifest: A manifest of generated faces.
        destination: Image file to write; its folder is made.
    """
    table = pd.read_csv(manifest)
    subjects = list(dict.fromkeys(table["subject_id"]))[:SUBJECTS]
    emotions = list(dict.fromkeys(table["emotion"]))
    rows = [(subject, emotions[number % len(emotions)]) for number, subject in enumerate(subjects)]
    rows += [(subjects[0], emotion) for emotion in emotions]
    indexed = table.set_index(["subject_id", "emotion", "label"])
    strips = [_header()]
    for subject, emotion in rows:
        cells = [
            _cell(manifest.parent, indexed.loc[(subject, emotion, label)], kind)
            for label, kind in COLUMNS
        ]
        strips.append(_caption(f"{subject}  {emotion}", CELL * len(COLUMNS)))
        strips.append(np.hstack(cells))
    destination.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(destination), np.vstack(strips))


def _cell(folder: Path, row: pd.Series, kind: str) -> NDArray[np.uint8]:
    onset, apex = (
        cv2.imread(str(folder / row[column]), cv2.IMREAD_GRAYSCALE)
        for column in ("onset_path", "apex_path")
    )
    change = np.clip(128 + (apex.astype(int) - onset), 0, 255).astype(np.uint8)
    picture = {"onset": onset, "apex": apex, "change": change}[kind]
    return np.asarray(cv2.resize(picture, (CELL, CELL), interpolation=cv2.INTER_CUBIC))


def _header() -> NDArray[np.uint8]:
    return np.hstack([_caption(f"{label} {kind}", CELL) for label, kind in COLUMNS])


def _caption(text: str, width: int) -> NDArray[np.uint8]:
    strip = np.full((MARGIN, width), 255, dtype=np.uint8)
    cv2.putText(strip, text, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0, 1, cv2.LINE_AA)
    return strip
