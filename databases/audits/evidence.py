"""What the checks look at: every crop read once, beside its row of the manifest."""

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


@dataclass(frozen=True)
class Table:
    """Figures of a check, for the audit to show.

    Attributes:
        caption: What they are, in a few words.
        rows: The figures, under headings for a reader.
    """

    caption: str
    rows: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A database's rows and crops; nothing may be written to the arrays.

    Attributes:
        folder: Where the paths of the rows start.
        rows: The manifest's rows, N of them, numbered from 0.
        crops: Gray crops of each of ``PHASES``, ``(N, H, W)``, uint8, 0 to 255; black where
            there is a fault.
        faults: Why a crop cannot be used, ``(N,)`` for each phase; empty where it can.
        published: What the database's paper counts.
    """

    folder: Path
    rows: pd.DataFrame
    crops: dict[str, Crops]
    faults: dict[str, NDArray[np.str_]]
    published: Published

    @classmethod
    def read(cls, folder: Path, rows: pd.DataFrame, published: Published) -> "Evidence":
        """Read every crop that the rows name.

        The size that most crops have is the one they should have; a crop of another size is at
        fault.

        Args:
            folder: Where relative paths start.
            rows: Rows of a manifest, at least one.
            published: What the database's paper counts.
        """
        read = {
            phase: [_read_gray(folder, path) for path in rows[f"{phase}_path"]] for phase in PHASES
        }
        shapes = Counter(
            crop.shape for crops in read.values() for crop in crops if not isinstance(crop, str)
        )
        shape = shapes.most_common(1)[0][0] if shapes else (1, 1)
        crops, faults = {}, {}
        for phase, images in read.items():
            crops[phase] = np.zeros((len(rows), *shape), np.uint8)
            faults[phase] = np.array([_fault(image, shape) for image in images])
            for place, image in enumerate(images):
                if not faults[phase][place]:
                    crops[phase][place] = image
            crops[phase].setflags(write=False)
        rows = rows.reset_index(drop=True)
        return cls(folder=folder, rows=rows, crops=crops, faults=faults, published=published)

    @cached_property
    def readable(self) -> dict[str, Mask]:
        """Which crops can be used, ``(N,)`` for each phase."""
        return {phase: faults == "" for phase, faults in self.faults.items()}

    @cached_property
    def blank(self) -> dict[str, Mask]:
        """Which readable crops have one gray value throughout, ``(N,)`` for each phase."""
        return {
            phase: self.readable[phase] & (crops.min(axis=(1, 2)) == crops.max(axis=(1, 2)))
            for phase, crops in self.crops.items()
        }

    @cached_property
    def sharpness(self) -> dict[str, NDArray[np.float64]]:
        """Variance of each crop's Laplacian, ``(N,)`` for each phase; nan where it has a fault.

        Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy".
        """
        return {
            phase: np.array(
                [
                    cv2.Laplacian(crop, cv2.CV_64F).var() if readable else np.nan
                    for crop, readable in zip(crops, self.readable[phase], strict=True)
                ]
            )
            for phase, crops in self.crops.items()
        }

    def names(self, chosen: Mask | NDArray[np.intp] | Sequence[int]) -> tuple[str, ...]:
        """Ids of the samples that a mask or row numbers choose, in the order of the rows."""
        places = np.flatnonzero(chosen) if np.asarray(chosen).dtype == bool else np.unique(chosen)
        return tuple(self.rows["sample_id"].iloc[places.astype(np.intp)].astype(str))

    def picture(self, row: int, phase: str) -> Crops | None:
        """A crop in blue, green and red, ``(H, W, 3)``; None where it has a fault."""
        if self.faults[phase][row]:
            return None
        content = (self.folder / self.rows[f"{phase}_path"].iloc[row]).read_bytes()
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(picture, np.uint8)


def _read_gray(folder: Path, path: object) -> Crops | str:
    """A crop in gray, or why there is none."""
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
        return f"{image.dtype}, not 8 bits a channel"
    if image.ndim == 3:
        code = cv2.COLOR_BGRA2GRAY if image.shape[2] == 4 else cv2.COLOR_BGR2GRAY
        image = cv2.cvtColor(image, code)
    return np.asarray(image, np.uint8)


def _fault(image: Crops | str, shape: tuple[int, ...]) -> str:
    if isinstance(image, str):
        return image
    if image.shape == shape:
        return ""
    height, width = shape
    return f"not of {width}x{height} pixels as most are"
