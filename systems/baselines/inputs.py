"""Inputs of the earlier systems: images, landmarks, clips and the manifest of each sample."""

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.dataset import Pairs
from posed_spontaneous.dataset.manifest import CLIP
from posed_spontaneous.runtime.errors import InputError

LANDMARKS = "landmarks.npz"
"""File next to a manifest: ``sample_id (N,)``, ``onset`` and ``apex (N, 68, 2)`` in pixels."""
POINTS = 68
"""Number of facial landmarks that the systems of this package expect."""


@dataclass(frozen=True, eq=False)
class BaselineInputs:
    """The samples of a database, ordered by id; each input is read on first use.

    Attributes:
        pairs: Rows and images.
        manifest: The manifest file; landmarks are stored next to it.
    """

    pairs: Pairs
    manifest: Path

    @property
    def rows(self) -> pd.DataFrame:
        """The manifest's rows."""
        return self.pairs.rows

    @property
    def onset(self) -> NDArray[np.uint8]:
        """Onset images, ``(N, H, W)``."""
        return self.pairs.onset

    @property
    def apex(self) -> NDArray[np.uint8]:
        """Apex images, ``(N, H, W)``."""
        return self.pairs.apex

    @property
    def onset_points(self) -> NDArray[np.float32]:
        """Landmarks of the onset, ``(N, 68, 2)``, pixels, x to the right and y down."""
        return self._landmarks["onset"]

    @property
    def apex_points(self) -> NDArray[np.float32]:
        """Landmarks of the apex, ``(N, 68, 2)``."""
        return self._landmarks["apex"]

    @cached_property
    def clips(self) -> Sequence[NDArray[np.uint8]]:
        """Frames from onset to apex, each ``(T, H, W)``.

        Raises:
            InputError: If the manifest names no clips, or one cannot be read.
        """
        if CLIP not in self.rows:
            raise InputError(
                f"{self.manifest}: no column {CLIP}, expected one: this system needs sequences "
                "from onset to apex, not only pairs (generated faces: data.path.clip_frames=10)"
            )
        return [
            _read_clip(path, sample)
            for path, sample in zip(self.rows[CLIP], self.rows["sample_id"], strict=True)
        ]

    def compute(self, features: Callable[..., Any]) -> Any:
        """Call a function with the inputs that its parameters name.

        Args:
            features: Takes some of ``onset, apex, onset_points, apex_points, clips, rows`` and
                returns N rows of features.
        """
        return features(**{name: getattr(self, name) for name in self._needs(features)})

    def digests(self, features: Callable[..., Any]) -> dict[str, str]:
        """SHA-256 of each input of a function that is neither an image nor the manifest."""
        return {
            name: hashlib.sha256(b"".join(p.tobytes() for p in getattr(self, name))).hexdigest()
            for name in self._needs(features)
            if name in ("onset_points", "apex_points", "clips")
        }

    def _needs(self, features: Callable[..., Any]) -> list[str]:
        known = {"onset", "apex", "onset_points", "apex_points", "clips", "rows"}
        return [name for name in inspect.signature(features).parameters if name in known]

    @cached_property
    def _landmarks(self) -> dict[str, NDArray[np.float32]]:
        file = self.manifest.parent / LANDMARKS
        if not file.is_file():
            raise InputError(
                f"{file}: no such file, expected the landmarks of every sample: this system needs "
                "facial points, not only images"
            )
        with np.load(file) as stored:
            order = pd.Index(stored["sample_id"].astype(str)).get_indexer(self.rows["sample_id"])
            if (order < 0).any():
                sample = self.rows["sample_id"].iloc[int((order < 0).argmax())]
                raise InputError(
                    f"{file}: no landmarks of sample {sample}, expected those of every sample: "
                    "detect them again"
                )
            points = {frame: stored[frame][order] for frame in ("onset", "apex")}
        for frame, found in points.items():
            if found.shape[1:] != (POINTS, 2):
                raise InputError(
                    f"{file}: {frame} has {found.shape[1]} points of a face, expected {POINTS}: "
                    "prepare the database with detector=dlib68"
                )
            missing = np.isnan(found).any(axis=(1, 2))
            if missing.any():
                sample = self.rows["sample_id"].iloc[int(missing.argmax())]
                raise InputError(
                    f"{file}: {int(missing.sum())} samples have no points in the {frame}, first "
                    f"{sample}, expected {POINTS}: exclude them with drop in corrections=FILE"
                )
        return points


def _read_clip(path: str, sample: str) -> NDArray[np.uint8]:
    try:
        with np.load(path) as stored:
            frames = np.asarray(stored["frames"])
            if "onset" in stored and "apex" in stored:
                # A clip of a whole recording stores the indices of the pair.
                frames = frames[int(stored["onset"]) : int(stored["apex"]) + 1]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"sample {sample}: the clip {path} cannot be read ({error}), expected an .npz file "
            "with frames (T, H, W): write it again"
        ) from error
    if frames.ndim != 3 or len(frames) < 2 or frames.dtype != np.uint8:
        raise InputError(
            f"sample {sample}: the clip {path} contains {frames.dtype} of shape {frames.shape}, "
            "from onset to apex, expected uint8 (T, H, W) with at least 2 frames: write it again"
        )
    return frames
