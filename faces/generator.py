"""Generates a database of onset/apex pairs: a folder of images with a manifest."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from functools import cache as cached
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from posed_spontaneous.faces.expression import EMOTIONS, LABELS
from posed_spontaneous.faces.generated_pair import GeneratedPair, Recipe, generate_pairs
from posed_spontaneous.faces.head_pack import HeadPack, load_head_pack
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.files import publish_folder, staging_folder
from posed_spontaneous.runtime.worker_pool import WorkerPool

MANIFEST = "manifest.csv"
LANDMARKS = "landmarks.npz"

Row = dict[str, str | float]
Entry = tuple[Row, NDArray[np.float32]]
"""The manifest row of a pair and its landmarks, ``(2, 68, 2)``."""


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
    """Generate onset/apex pairs of posed and spontaneous expressions, unless the cache has them.

    Each subject shows six emotions, each posed and spontaneous: ``subjects * 12`` pairs, unless
    ``pairs`` is given. The images are a function of all arguments except ``cache`` and ``workers``,
    bit for bit. The folder is complete or absent, even if the process is killed or another process
    generates the same folder.

    Args:
        cache: Folder of the head pack and the databases.
        subjects: Number of generated persons, 1 or more.
        strength: How much the classes differ, 0 or more; at 0 they have the same distribution.
        nuisance: How much the frames of a pair differ in addition to the expression, 0 or more; 1
            is far more than in a studio recording.
        seed: Distinguishes databases with the same parameters, 0 or more.
        size: Width and height of an image in pixels, 16 or more.
        workers: Number of worker processes, 1 or more.
        pairs: Number of pairs of each label, distributed evenly over subjects and emotions; None
            generates one of each emotion and label per subject.
        clip_frames: Number of frames of a clip from each onset to its apex, 2 or more; 0 generates
            no clips. The pairs are the same with and without clips.

    Returns:
        Path of ``manifest.csv``: one row per pair, with paths relative to its folder and the true
        cues in the columns ``latent_*``. With clips, the column ``clip_path`` names an ``.npz``
        file with ``frames``, ``(clip_frames, size, size)``, uint8, from the image of the onset to
        that of the apex. The folder also contains ``landmarks.npz``: ``sample_id``, ``(N,)`` in the
        order of the rows, and ``onset`` and ``apex``, ``(N, 68, 2)``, float32, in pixels, x to the
        right and y down, (0, 0) the centre of the top left pixel.

    Raises:
        InputError: If an argument is out of range, or the asset package is not installed.
    """
    counts = tuple((pairs or {}).get(label, len(EMOTIONS) * subjects) for label in LABELS)
    recipe = Recipe(subjects, strength, nuisance, seed, size, counts, clip_frames)
    _check(recipe, workers, pairs or {})
    folder = Path(cache).resolve() / _folder_name(recipe)
    if not folder.exists():
        load_head_pack(folder.parent)
        with staging_folder(folder.parent, folder.name) as staging:
            _fill(staging, recipe, workers)
            publish_folder(staging, folder)
    return folder / MANIFEST


def _check(recipe: Recipe, workers: int, pairs: Mapping[str, int]) -> None:
    if unknown := sorted(set(pairs) - set(LABELS)):
        raise InputError(f"pairs: got the labels {unknown}, expected some of {list(LABELS)}")
    if recipe.clip_frames == 1:
        raise InputError("clip_frames must be 0, or 2 or more, got 1")
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
            raise InputError(f"{name} must be {least} or more, got {value}")


def _folder_name(recipe: Recipe) -> str:
    """A readable name, unique for each recipe and each version of this package's source."""
    source = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    clips = f"-clips{recipe.clip_frames}" * bool(recipe.clip_frames)
    return (
        f"faces-{recipe.subjects}-{'-'.join(map(str, recipe.pairs))}-strength{recipe.strength}"
        f"-nuisance{recipe.nuisance}-seed{recipe.seed}-{recipe.size}px{clips}"
        f"-{hashlib.sha256(source).hexdigest()[:8]}"
    )


def _fill(folder: Path, recipe: Recipe, workers: int) -> None:
    parts: dict[int, list[Entry]] = {}
    with (
        WorkerPool(workers, partial(cv2.setNumThreads, 1)) as pool,
        tqdm(total=recipe.subjects, desc="generating faces", disable=None) as bar,
    ):
        write = partial(_write_subject, folder, recipe)
        for number, future in pool.run(write, range(recipe.subjects)):
            parts[number] = future.result()
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
    entries = []
    for sample in generate_pairs(_pack(folder.parent), recipe, number):
        row = _row(sample)
        (folder / sample.subject.name).mkdir(exist_ok=True)
        for path, image in ((row["onset_path"], sample.onset), (row["apex_path"], sample.apex)):
            (folder / str(path)).write_bytes(cv2.imencode(".png", image)[1].tobytes())
        if sample.clip is not None:
            row["clip_path"] = path = f"{sample.subject.name}/{sample.name}-clip.npz"
            np.savez_compressed(folder / path, frames=sample.clip)
        entries.append((row, sample.landmarks))
    return entries


@cached
def _pack(cache: Path) -> HeadPack:
    return load_head_pack(cache)


def _row(sample: GeneratedPair) -> Row:
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
