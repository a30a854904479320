"""Onset/apex pairs in memory: every image read, checked and hashed once."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.dataset.manifest import CLIP, PATHS, TESTED, read_manifest
from posed_spontaneous.runtime.errors import InputError

Stamp = tuple[str, int, int]
"""Path, time of the last change in ns and bytes of a file; another content has another stamp."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """All samples of a database, in the order of their names.

    Whoever asks for the same database in one process gets the same object: change nothing in it.

    Attributes:
        rows: The manifest's rows, N of them.
        classes: Names of the classes, sorted; a class's place is its code.
        targets: Code of each sample's class, ``(N,)``.
        onset: Onset images, ``(N, H, W)``, uint8, 0 to 255.
        apex: Apex images, ``(N, H, W)``, uint8, 0 to 255.
    """

    rows: pd.DataFrame
    classes: tuple[str, ...]
    targets: NDArray[np.int64]
    onset: NDArray[np.uint8]
    apex: NDArray[np.uint8]

    def __post_init__(self) -> None:
        for array in (self.targets, self.onset, self.apex):
            array.setflags(write=False)

    def digest(self) -> str:
        """SHA-256 of every image and every column but the paths, wherever the files lie."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        identity = self.rows.drop(columns=[*PATHS, CLIP], errors="ignore")
        identity = identity.sort_index(axis="columns")
        digest = hashlib.sha256(identity.to_csv(index=False).encode())
        digest.update(self.onset.tobytes())
        digest.update(self.apex.tobytes())
        return digest.hexdigest()


def load_pairs(manifest: Path | str, image_size: int) -> Pairs:
    """Read a manifest and every image it names, unless this process has read them already.

    Args:
        manifest: The manifest file.
        image_size: Expected side of the square gray images, in pixels.

    Raises:
        InputError: If the manifest is faulty, or an image is missing, unreadable, in colour,
            of another size or depth, blank, or the same as its partner.
    """
    stamp = _stamp(str(Path(manifest).resolve()))
    rows = _read_rows(str(manifest), stamp)
    images = (path for column in PATHS for path in rows[column])
    return _read_pairs(str(manifest), image_size, stamp, tuple(map(_stamp, images)))


# Two, for a database to train on and one to test on.
@lru_cache(maxsize=2)
def _read_rows(manifest: str, stamp: Stamp) -> pd.DataFrame:
    return read_manifest(manifest)


@lru_cache(maxsize=2)
def _read_pairs(
    manifest: str, image_size: int, stamp: Stamp, images_stamps: tuple[Stamp, ...]
) -> Pairs:
    rows = _read_rows(manifest, stamp)
    images = {
        column: np.stack(
            [
                _read_image(Path(path), f"{manifest}, sample {sample}, {column}", image_size)
                for sample, path in zip(rows["sample_id"], rows[column], strict=True)
            ]
        )
        for column in PATHS
    }
    onset, apex = (images[column] for column in PATHS)
    equal = (onset == apex).all(axis=(1, 2))
    if equal.any():
        row = rows.iloc[int(equal.argmax())]
        raise InputError(
            f"{manifest}, sample {row['sample_id']}: onset and apex are the same image "
            f"({row['apex_path']}), expected a neutral and an expressive face: correct the apex "
            "frame or delete the row"
        )
    classes = tuple(sorted(rows["label"].unique()))
    targets = rows["label"].map({name: code for code, name in enumerate(classes)})
    return Pairs(rows, classes, targets.to_numpy(np.int64), onset, apex)


def join_databases(trained: Pairs, tested: Pairs) -> Pairs:
    """One database that only trains beside one that is tested.

    The tested samples keep their names, so that predictions pair with those of other runs on
    them; the others' are marked, since two databases may both have a subject called s01.

    Args:
        trained: The database to train on.
        tested: The database to test on.

    Raises:
        InputError: If their classes differ, or an image stands in both.
    """
    if trained.classes != tested.classes:
        raise InputError(
            f"data.test: its labels are {list(tested.classes)}, expected those trained on, "
            f"{list(trained.classes)}: name the labels alike"
        )
    known = {
        image.tobytes(): sample
        for images in (trained.onset, trained.apex)
        for image, sample in zip(images, trained.rows["sample_id"], strict=True)
    }
    for images in (tested.onset, tested.apex):
        for image, sample in zip(images, tested.rows["sample_id"], strict=True):
            if twin := known.get(image.tobytes()):
                raise InputError(
                    f"data.test: sample {sample} shows an image of the training sample {twin}, "
                    "expected other persons: test on another database, or leave out what both have"
                )
    marked = trained.rows.assign(
        **{name: "train:" + trained.rows[name] for name in ("sample_id", "subject_id")}
    )
    rows = pd.concat([marked.assign(**{TESTED: False}), tested.rows.assign(**{TESTED: True})])
    return Pairs(
        rows.reset_index(drop=True),
        tested.classes,
        np.concatenate([trained.targets, tested.targets]),
        np.concatenate([trained.onset, tested.onset]),
        np.concatenate([trained.apex, tested.apex]),
    )


def _stamp(path: str) -> Stamp:
    try:
        found = Path(path).stat()
    except OSError:
        # Told when it is read.
        return path, 0, 0
    return path, found.st_mtime_ns, found.st_size


def _read_image(path: Path, place: str, image_size: int) -> NDArray[np.uint8]:
    if not path.is_file():
        raise InputError(f"{place}: no file {path}: correct the path")
    # Decoded from bytes, since OpenCV cannot open every file name.
    content = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if image is None:
        raise InputError(f"{place}: {path} cannot be read as an image: export it again as PNG")
    if image.ndim != 2 or image.dtype != np.uint8:
        channels = 1 if image.ndim == 2 else image.shape[2]
        raise InputError(
            f"{place}: {path} has {channels} channels of {image.dtype}, expected one gray "
            "channel of uint8: convert it to 8-bit gray"
        )
    if image.shape != (image_size, image_size):
        raise InputError(
            f"{place}: {path} is {image.shape[1]}x{image.shape[0]} pixels, expected "
            f"{image_size}x{image_size}: crop it, or set datamodule.image_size"
        )
    if image.min() == image.max():
        raise InputError(
            f"{place}: {path} is blank (every pixel is {image.min()}), expected a face: replace "
            "it or delete the row"
        )
    return np.asarray(image, np.uint8)
