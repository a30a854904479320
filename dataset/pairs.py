"""Onset/apex pairs in memory: every image is read and checked once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.dataset.images import read_image
from posed_spontaneous.dataset.manifest import CLIP, PATHS, read_manifest
from posed_spontaneous.runtime.errors import InputError

FileState = tuple[str, int, int]
"""Path, time of the last change in ns, and size in bytes, which show whether a file changed."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """All N samples of a database, sorted by ``sample_id``.

    A process shares one object per database, so nothing in it may be changed.

    Attributes:
        rows: The rows of the manifest.
        classes: Names of the classes, sorted; the position of a class is its code.
        targets: Class code of each sample, ``(N,)``.
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
        """Return the SHA-256 of all images and of all columns except the paths."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        table = self.rows.drop(columns=[*PATHS, CLIP], errors="ignore").sort_index(axis="columns")
        digest = hashlib.sha256(table.to_csv(index=False).encode())
        digest.update(self.onset.tobytes())
        digest.update(self.apex.tobytes())
        return digest.hexdigest()

    def images(self) -> Iterator[tuple[str, bytes]]:
        """Yield the ``sample_id`` and the pixels of each onset and each apex image."""
        for images in (self.onset, self.apex):
            for sample, image in zip(self.rows["sample_id"], images, strict=True):
                yield sample, image.tobytes()


def load_pairs(manifest: Path | str, image_size: int) -> Pairs:
    """Read a manifest and its images, unless this process has read the same files before.

    Args:
        manifest: The manifest file.
        image_size: Expected width and height of the gray images, in pixels.

    Raises:
        InputError: If the manifest is invalid, or an image is missing, unreadable, in colour,
            of another size or depth, blank, or the same as the other image of its pair.
    """
    state = _state(str(Path(manifest).resolve()))
    rows = _read_rows(str(manifest), state)
    images = (path for column in PATHS for path in rows[column])
    return _read_pairs(str(manifest), image_size, state, tuple(map(_state, images)))


# Two, since a database to train on can be combined with one to test on.
@lru_cache(maxsize=2)
def _read_rows(manifest: str, state: FileState) -> pd.DataFrame:
    return read_manifest(manifest)


@lru_cache(maxsize=2)
def _read_pairs(
    manifest: str, image_size: int, state: FileState, image_states: tuple[FileState, ...]
) -> Pairs:
    rows = _read_rows(manifest, state)
    onset, apex = (
        np.stack(
            [
                read_image(Path(path), f"{manifest}, sample {sample}, {column}", image_size)
                for sample, path in zip(rows["sample_id"], rows[column], strict=True)
            ]
        )
        for column in PATHS
    )
    equal = (onset == apex).all(axis=(1, 2))
    if equal.any():
        row = rows.iloc[int(equal.argmax())]
        raise InputError(
            f"{manifest}, sample {row['sample_id']}: onset and apex are the same image "
            f"({row['apex_path']}), expected two different frames: correct the apex frame or "
            "delete the row"
        )
    classes, targets = np.unique(rows["label"].to_numpy(str), return_inverse=True)
    return Pairs(rows, tuple(classes.tolist()), targets, onset, apex)


def _state(path: str) -> FileState:
    try:
        found = Path(path).stat()
    except OSError:
        return path, 0, 0  # reported when the file is read
    return path, found.st_mtime_ns, found.st_size
