"""What the checks read: the rows of a manifest and their crops, each read once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.databases.database import Published

PHASES = ("onset", "apex")

Crops = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Rows and crops of a database. The arrays are read-only.

    Attributes:
        folder: Folder of relative paths in the rows.
        rows: N rows of the manifest, numbered from 0.
        crops: Gray crops of each of ``PHASES``, ``(N, H, W)``, uint8, 0 to 255; black where
            there is a fault.
        faults: Why a crop cannot be used, ``(N,)`` for each phase; empty text if it can.
        published: Counts in the database's paper.
    """

    folder: Path
    rows: pd.DataFrame
    crops: dict[str, Crops]
    faults: dict[str, NDArray[np.str_]]
    published: Published

    @classmethod
    def read(cls, folder: Path, rows: pd.DataFrame, published: Published) -> "Evidence":
        """Read all crops. The size of most of them is the expected one; others are faults.

        Args:
            folder: Folder of relative paths.
            rows: Rows of a manifest, at least one.
            published: Counts in the database's paper.
        """
        read = {
            phase: [_read_gray(folder, path) for path in rows[f"{phase}_path"]] for phase in PHASES
        }
        shapes = Counter(
            crop.shape for crops in read.values() for crop in crops if not isinstance(crop, str)
        )
        shape = shapes.most_common(1)[0][0] if shapes else (1, 1)
        height, width = shape
        size = f"not {width}x{height} pixels as most are"
        crops, faults = {}, {}
        for phase, images in read.items():
            crops[phase] = np.zeros((len(rows), *shape), np.uint8)
            faults[phase] = np.array(
                [i if isinstance(i, str) else size * (i.shape != shape) for i in images]
            )
            for place in np.flatnonzero(faults[phase] == ""):
                crops[phase][place] = images[place]
            crops[phase].setflags(write=False)
        rows = rows.reset_index(drop=True)
        return cls(folder=folder, rows=rows, crops=crops, faults=faults, published=published)

    @cached_property
    def readable(self) -> dict[str, Mask]:
        """Which crops have no fault, ``(N,)`` for each phase."""
        return {phase: faults == "" for phase, faults in self.faults.items()}

    @cached_property
    def blank(self) -> dict[str, Mask]:
        """Which readable crops have a single gray value, ``(N,)`` for each phase."""
        return {
            phase: self.readable[phase] & (crops.min(axis=(1, 2)) == crops.max(axis=(1, 2)))
            for phase, crops in self.crops.items()
        }

    @cached_property
    def usable(self) -> dict[str, Mask]:
        """Which crops are readable and not blank, ``(N,)`` for each phase."""
        return {phase: self.readable[phase] & ~self.blank[phase] for phase in PHASES}

    @cached_property
    def sharpness(self) -> dict[str, NDArray[np.float64]]:
        """Variance of each crop's Laplacian, ``(N,)`` for each phase; nan where it has a fault.

        Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".
        """
        return {
            phase: np.where(
                self.readable[phase],
                [cv2.Laplacian(crop, cv2.CV_64F).var() for crop in crops],
                np.nan,
            )
            for phase, crops in self.crops.items()
        }

    def names(self, chosen: Mask | NDArray[np.intp] | Sequence[int]) -> tuple[str, ...]:
        """Return the sample_ids of a mask or of row numbers, in the order of the rows."""
        places = np.flatnonzero(chosen) if np.asarray(chosen).dtype == bool else np.unique(chosen)
        return tuple(self.rows["sample_id"].iloc[places.astype(np.intp)].astype(str))

    def picture(self, row: int, phase: str) -> Crops | None:
        """Read a crop in red, green and blue, ``(H, W, 3)``; None if it has a fault."""
        if self.faults[phase][row]:
            return None
        content = (self.folder / self.rows[f"{phase}_path"].iloc[row]).read_bytes()
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
        return np.asarray(picture, np.uint8)


def _read_gray(folder: Path, path: object) -> Crops | str:
    """A gray crop, or the fault."""
    if not isinstance(path, str) or not path.strip():
        return "no path"
    file = folder / path
    if not file.is_file():
        return "no such file"
    content = np.frombuffer(file.read_bytes(), np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if image is None:
        return "no image"
    if image.dtype != np.uint8:
        return f"{image.dtype}, expected 8 bits per channel"
    if image.ndim == 3:
        code = cv2.COLOR_BGRA2GRAY if image.shape[2] == 4 else cv2.COLOR_BGR2GRAY
        image = cv2.cvtColor(image, code)
    return np.asarray(image, np.uint8)
