"""Recordings of rendered faces as files, for tests that need a whole database."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from posed_spontaneous.databases.recording import Recording

from ...rendered import RenderedRecording, render_recording

LABELS = ("posed", "spontaneous")
SIZE = (240, 320)


@cache
def filmed(number: int, frames: int = 2) -> RenderedRecording:
    return render_recording(
        number, "happiness", LABELS[number % 2], frames=frames, size=SIZE, seed=number
    )


def write_frames(folder: Path, name: str, images: np.ndarray) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}-{number}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(bytes(cv2.imencode(".png", image)[1]))
    return paths


def render_recordings(folder: Path, count: int) -> list[Recording]:
    """One pair of frames per subject, posed and spontaneous in turn."""
    return [
        Recording(
            sample_id=f"r{number}",
            subject_id=f"s{number}",
            label=LABELS[number % 2],
            frames=write_frames(folder, f"r{number}", filmed(number).frames),
            onset=0,
            apex=1,
            details={"emotion": "happiness", "age": 20.0 + number},
        )
        for number in range(count)
    ]
