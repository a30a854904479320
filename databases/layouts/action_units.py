"""Onset and apex from the intensities of action units in each frame, as DISFA+ codes them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from posed_spontaneous.databases.layouts.folders import IMAGES, naming

CODED = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
STRONGEST = 5
"""The highest intensity; 0 is absent."""


def sum_intensities(folder: Path, frames: Sequence[Path]) -> tuple[pd.Series, list[str]]:
    """Sum of all intensities in each frame of a recording.

    Args:
        folder: Folder with one file per action unit, ``AU1.txt`` and so on.
        frames: The image files.

    Returns:
        The sum for each frame, NaN if an intensity is unknown; and a list of faults.
    """
    files = [folder / f"AU{unit}.txt" for unit in CODED]
    units = pd.DataFrame({file.stem: _intensities(file) for file in files if file.is_file()})
    names = [frame.stem for frame in frames]
    strengths = units.reindex(names).sum(axis=1, skipna=False, min_count=1)
    faults = {
        "no file": [file.name for file in files if file.stem not in units],
        "no image": [*units.index.difference(names)],
        f"no number from 0 to {STRONGEST}": strengths.index[strengths.isna()].to_list(),
        "no movement": [] if (strengths > 0).any() else ["any frame"],
    }
    return strengths, [f"{fault} for {naming(about)}" for fault, about in faults.items() if about]


def onset_and_apex(strengths: pd.Series) -> tuple[int, int] | tuple[None, None]:
    """Positions of the last weakest frame before the apex, and of the first strongest frame.

    Args:
        strengths: Sums, as ``sum_intensities`` returns them.

    Returns:
        Onset and apex, or None for both if nothing moves.
    """
    totals = strengths.to_numpy(float)
    if not (totals > 0).any():
        return None, None
    apex = int(np.nanargmax(totals))
    until = totals[: apex + 1]
    return int(np.flatnonzero(until == np.nanmin(until))[-1]), apex


def _intensities(file: Path) -> pd.Series:
    """Intensity by frame, from rows such as ``000.jpg     0`` below a header."""
    cells = (line.split() for line in file.read_text(errors="replace").splitlines())
    rows = {Path(pair[0]): pair[1] for pair in cells if len(pair) == 2}
    numbers = pd.Series({name.stem: n for name, n in rows.items() if name.suffix.lower() in IMAGES})
    numbers = pd.to_numeric(numbers, errors="coerce")
    return numbers.where(numbers.between(0, STRONGEST))
