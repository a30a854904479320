"""A database of generated onset/apex pairs: a folder of pictures with a manifest."""

from __future__ import annotations

import csv
import hashlib
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from faces.assets import HeadPack, load_head_pack
from faces.capture import Frame, Setting, crop_by_eyes, draw_frame, draw_setting, vary
from faces.errors import FacesError
from faces.expression import EMOTIONS, LABELS, Cues, apex_weights, draw_cues
from faces.identity import Subject, draw_subject
from faces.renderer import render

MANIFEST = "manifest.csv"
COLUMNS = (
    "sample_id", "subject_id", "label", "onset_path", "apex_path", "emotion", "gender",
    *(f"latent_{cue}" for cue in Cues._fields),
)  # fmt: skip

Row = dict[str, str | float]
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """One pair and the cues it shows."""

    onset: Picture
    apex: Picture
    cues: Cues


@dataclass(frozen=True)
class Recipe:
    """The parameters that decide what is drawn; see :func:`generate_faces`."""

    subjects: int
    strength: float
    nuisance: float
    seed: int
    size: int

    def folder_name(self) -> str:
        """A readable name, unique to the recipe and to the source of this package."""
        source = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
        return (
            f"faces-{self.subjects}x{len(EMOTIONS) * len(LABELS)}-strength{self.strength:g}"
            f"-nuisance{self.nuisance:g}-seed{self.seed}-{self.size}px"
            f"-{hashlib.sha256(source).hexdigest()[:8]}"
        )


def generate_faces(
    *,
    cache: Path | str,
    subjects: int,
    strength: float,
    nuisance: float,
    seed: int,
    size: int,
    workers: int,
) -> Path:
    """Generate onset/apex pairs of posed and spontaneous expressions, or find them made before.

    Each subject shows six emotions, each posed and spontaneous: ``subjects * 12`` pairs. The
    pictures depend on everything but ``cache`` and ``workers``, bit for bit. The folder appears
    complete or not at all, even if the process is killed or another one makes the same folder.

    Args:
        cache: Folder for the head pack and the databases.
        subjects: Number of invented persons, 1 or more.
        strength: How far the classes differ, 0 or more; at 0 they are one law.
        nuisance: How much differs between the frames of a pair besides the expression, 0 or more;
            1 is far livelier than a studio recording.
        seed: Names the database among those of the same parameters, 0 or more.
        size: Width and height of a picture in pixels, 16 or more.
        workers: Processes that draw.

    Returns:
        Path of ``manifest.csv``: one row per pair, its paths relative to its folder, with the true
        cues in the columns ``latent_*``.

    Raises:
        FacesError: A parameter is out of range, or the asset package is not installed.
    """
    recipe = Recipe(subjects, float(strength), float(nuisance), seed, size)
    _check(recipe, workers)
    folder = Path(cache).resolve() / recipe.folder_name()
    if not folder.exists():
        load_head_pack(folder.parent)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            _fill(aside, recipe, workers)
            _publish(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder / MANIFEST


def draw_pairs(pack: HeadPack, recipe: Recipe, number: int) -> Iterator[tuple[Row, Sample]]:
    """Draw all pairs of subject ``number``, each with its row of the manifest."""
    rng = _stream(recipe.seed, number)
    subject = draw_subject(rng, pack, number)
    studio = draw_setting(rng, subject.skin)
    for emotion_number, emotion in enumerate(EMOTIONS):
        for label_number, label in enumerate(LABELS):
            stream = _stream(recipe.seed, number, emotion_number, label_number)
            sample = draw_sample(stream, pack, subject, studio, emotion, label, recipe)
            name = f"{subject.name}-{emotion}-{label}"
            yield (
                {
                    "sample_id": name,
                    "subject_id": subject.name,
                    "label": label,
                    "onset_path": f"{subject.name}/{name}-onset.png",
                    "apex_path": f"{subject.name}/{name}-apex.png",
                    "emotion": emotion,
                    "gender": subject.gender,
                    **{f"latent_{cue}": value for cue, value in sample.cues._asdict().items()},
                },
                sample,
            )


def draw_sample(
    rng: np.random.Generator,
    pack: HeadPack,
    subject: Subject,
    studio: Setting,
    emotion: str,
    label: str,
    recipe: Recipe,
) -> Sample:
    """Draw one pair from its own random stream."""
    cues = draw_cues(rng, label, recipe.strength)
    action = apex_weights(rng, emotion, cues)
    setting = vary(rng, studio)
    frames = [draw_frame(rng, setting, recipe.nuisance) for _ in range(2)]
    crop: NDArray[np.float32] | None = None
    pictures = []
    for frame, weights in zip(frames, ({}, action), strict=True):
        positions = subject.neutral.copy()
        pack.shapes.add(positions, weights)
        pack.shapes.add(positions, frame.units)
        if crop is None:  # the apex is cut by the onset's eyes, or its own motion would be lost
            crop = crop_by_eyes(pack, positions, frame.camera)
        pictures.append(_photograph(rng, pack, positions, subject, frame, crop, recipe.size))
    return Sample(pictures[0], pictures[1], cues)


def _photograph(
    rng: np.random.Generator,
    pack: HeadPack,
    positions: NDArray[np.float32],
    subject: Subject,
    frame: Frame,
    crop: NDArray[np.float32],
    size: int,
) -> Picture:
    moved = crop.copy()
    moved[:, 2] += frame.shift
    picture = render(pack, positions, subject.skin, frame.camera, frame.light, moved, (size, size))
    noisy = picture + frame.grain * rng.standard_normal(picture.shape)
    return np.asarray(np.clip(np.round(255 * noisy), 0, 255), dtype=np.uint8)


def _stream(*key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(key[0], spawn_key=key[1:]))


def _check(recipe: Recipe, workers: int) -> None:
    for name, value, least in (
        ("subjects", recipe.subjects, 1),
        ("strength", recipe.strength, 0),
        ("nuisance", recipe.nuisance, 0),
        ("seed", recipe.seed, 0),
        ("size", recipe.size, 16),
        ("workers", workers, 1),
    ):
        if not least <= value < float("inf"):
            raise FacesError(f"{name} must be {least} or more, got {value}")


def _fill(folder: Path, recipe: Recipe, workers: int) -> None:
    rows: dict[int, list[Row]] = {}
    # forkserver and spawn start clean: no threads or locks of the caller are copied.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(workers, context, _start_worker, (folder.parent,)) as pool,
        tqdm(total=recipe.subjects, desc="generating faces", unit="subject") as bar,
    ):
        tasks = {
            pool.submit(_write_subject, folder, recipe, number): number
            for number in range(recipe.subjects)
        }
        for task in as_completed(tasks):
            rows[tasks[task]] = task.result()
            bar.update()
    with (folder / MANIFEST).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number in sorted(rows):
            writer.writerows(rows[number])


_pack: HeadPack


def _start_worker(cache: Path) -> None:
    global _pack
    cv2.setNumThreads(1)
    _pack = load_head_pack(cache)


def _write_subject(folder: Path, recipe: Recipe, number: int) -> list[Row]:
    rows = []
    for row, sample in draw_pairs(_pack, recipe, number):
        for path, picture in ((row["onset_path"], sample.onset), (row["apex_path"], sample.apex)):
            target = folder / str(path)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        rows.append(row)
    return rows


def _publish(aside: Path, folder: Path) -> None:
    """Rename into place; if another process was faster, its folder stays."""
    aside.chmod(0o755)
    try:
        aside.rename(folder)
    except OSError:
        if not folder.exists():
            raise
