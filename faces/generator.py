"""A database of generated onset/apex pairs: a folder of pictures with a manifest."""

from __future__ import annotations

import csv
import hashlib
import multiprocessing
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache as cached
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posed_spontaneous.faces.errors import FacesError
from posed_spontaneous.faces.expression import EMOTIONS, LABELS
from posed_spontaneous.faces.head_pack import HeadPack, load_head_pack
from posed_spontaneous.faces.sample import Recipe, Sample, draw_samples
from posed_spontaneous.faces.scene import Picture

MANIFEST = "manifest.csv"
LANDMARKS = "landmarks.npz"

Row = dict[str, str | float]
Entry = tuple[Row, NDArray[np.float32]]
"""A pair's row of the manifest and its landmarks, (2, 68, 2)."""


def generate_faces(
    *,
    cache: Path | str,
    subjects: int,
    strength: float,
    nuisance: float,
    seed: int,
    size: int,
    workers: int,
    pairs: Mapping[str, int] | None = None,
    clip_frames: int = 0,
) -> Path:
    """Generate onset/apex pairs of posed and spontaneous expressions, or find them made before.

    Each subject shows six emotions, each posed and spontaneous: ``subjects * 12`` pairs, unless
    ``pairs`` says otherwise. The pictures depend on everything but ``cache`` and ``workers``, bit
    for bit. The folder appears complete or not at all, even if the process is killed or another
    one makes the same folder.

    Args:
        cache: Folder for the head pack and the databases.
        subjects: Number of invented persons, 1 or more.
        strength: How far the classes differ, 0 or more; at 0 they are one law.
        nuisance: How much differs between the frames of a pair besides the expression, 0 or more;
            at 1 far more than in a studio recording.
        seed: Tells databases of the same parameters apart, 0 or more.
        size: Width and height of a picture in pixels, 16 or more.
        workers: Processes that draw, 1 or more.
        pairs: Number of pairs of each label, shared out evenly among the subjects, whose emotions
            take turns; None makes one of each emotion and label.
        clip_frames: Frames of a clip from each onset to its apex, 2 or more; 0 makes no clips.
            The pairs are the same with and without.

    Returns:
        Path of ``manifest.csv``: one row per pair, its paths relative to its folder, the true cues
        in the columns ``latent_*``. The column ``clip_path``, if clips are made, names a ``.npz``
        file whose ``frames``, uint8 of shape (n, size, size), start with the onset's picture and
        end with the apex's. Beside the manifest lies ``landmarks.npz``: ``sample_id``, text of
        shape (N,), in the order of the rows; ``onset`` and ``apex``, float32 of shape (N, 68, 2),
        in pixels, x to the right and y down, (0, 0) the centre of the top left one.

    Raises:
        FacesError: A parameter is out of range, or the asset package is not installed.
    """
    counts = tuple((pairs or {}).get(label, len(EMOTIONS) * subjects) for label in LABELS)
    recipe = Recipe(subjects, strength, nuisance, seed, size, counts, clip_frames)
    _check(recipe, workers, pairs or {})
    folder = Path(cache).resolve() / _folder_name(recipe)
    if not folder.exists():
        load_head_pack(folder.parent)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            _fill(aside, recipe, workers)
            _publish(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder / MANIFEST


def _check(recipe: Recipe, workers: int, pairs: Mapping[str, int]) -> None:
    if unknown := sorted(set(pairs) - set(LABELS)):
        raise FacesError(f"pairs: got the labels {unknown}, expected some of {list(LABELS)}")
    if recipe.clip_frames == 1:
        raise FacesError("clip_frames must be 0, or 2 or more, got 1")
    for name, value, least in (
        ("subjects", recipe.subjects, 1),
        ("strength", recipe.strength, 0),
        ("nuisance", recipe.nuisance, 0),
        ("seed", recipe.seed, 0),
        ("size", recipe.size, 16),
        ("workers", workers, 1),
        ("clip_frames", recipe.clip_frames, 0),
        *((f"pairs.{label}", count, 1) for label, count in pairs.items()),
    ):
        if not least <= value < float("inf"):
            raise FacesError(f"{name} must be {least} or more, got {value}")


def _folder_name(recipe: Recipe) -> str:
    """Readable, and another one for each recipe and each state of this package's source."""
    source = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    clips = f"-clips{recipe.clip_frames}" * bool(recipe.clip_frames)
    return (
        f"faces-{recipe.subjects}-{'-'.join(map(str, recipe.pairs))}-strength{recipe.strength}"
        f"-nuisance{recipe.nuisance}-seed{recipe.seed}-{recipe.size}px{clips}"
        f"-{hashlib.sha256(source).hexdigest()[:8]}"
    )


def _fill(folder: Path, recipe: Recipe, workers: int) -> None:
    parts: dict[int, list[Entry]] = {}
    # A spawned process starts clean: no thread or lock of the caller is copied halfway.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(workers, context, cv2.setNumThreads, (1,)) as pool,
        tqdm(total=recipe.subjects, desc="generating faces", disable=None) as bar,
    ):
        tasks = {
            pool.submit(_write_subject, folder, recipe, number): number
            for number in range(recipe.subjects)
        }
        for task in as_completed(tasks):
            parts[tasks[task]] = task.result()
            bar.update()
    entries = (entry for number in sorted(parts) for entry in parts[number])
    rows, landmarks = zip(*entries, strict=True)
    with (folder / MANIFEST).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    onset, apex = np.stack(landmarks, axis=1)
    names = np.array([row["sample_id"] for row in rows])
    np.savez(folder / LANDMARKS, sample_id=names, onset=onset, apex=apex)


def _write_subject(folder: Path, recipe: Recipe, number: int) -> list[Entry]:
    """Draw one subject's pictures in a worker."""
    entries = []
    for sample in draw_samples(_pack(folder.parent), recipe, number):
        row = _row(sample)
        _write(folder / str(row["onset_path"]), sample.onset)
        _write(folder / str(row["apex_path"]), sample.apex)
        if sample.clip is not None:
            row["clip_path"] = path = f"{sample.subject.name}/{sample.name}-clip.npz"
            np.savez_compressed(folder / path, frames=sample.clip)
        entries.append((row, sample.landmarks))
    return entries


@cached
def _pack(cache: Path) -> HeadPack:
    return load_head_pack(cache)


def _row(sample: Sample) -> Row:
    subject = sample.subject
    return {
        "sample_id": sample.name,
        "subject_id": subject.name,
        "label": sample.label,
        "onset_path": f"{subject.name}/{sample.name}-onset.png",
        "apex_path": f"{subject.name}/{sample.name}-apex.png",
        "emotion": sample.emotion,
        "gender": subject.gender,
        **{f"latent_{cue}": value for cue, value in sample.cues._asdict().items()},
    }


def _write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def _publish(aside: Path, folder: Path) -> None:
    """Rename into place; if another process was faster, its folder stays."""
    aside.chmod(0o755)
    try:
        aside.rename(folder)
    except OSError:
        if not folder.exists():
            raise
