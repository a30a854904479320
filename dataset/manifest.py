"""The manifest: one row a sample, the only form in which a database reaches the framework."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pyarrow import ArrowInvalid

from posed_spontaneous.runtime.errors import InputError

REQUIRED = ("sample_id", "subject_id", "label", "onset_path", "apex_path")
PATHS = ("onset_path", "apex_path")
CLIP = "clip_path"
"""Optional column: the frames from onset to apex, for systems that read sequences."""
TESTED = "tested"
"""Column that tells the database that is tested from the one that only trains."""
RESERVED = ("fold", "part", "predicted", "seed", "system", "variant", TESTED)
"""Columns that the framework adds to a manifest's, beside those of the scores."""
SCORE_PREFIX = "score_"
LATENT_PREFIX = "latent_"
"""Columns that hold the true cues of generated faces: for the oracle, never for a network."""


def read_manifest(path: Path | str) -> pd.DataFrame:
    """Read and check a manifest.

    Args:
        path: A ``.csv`` or ``.parquet`` file with the columns of ``REQUIRED`` and any
            others (emotion, session_id, gender, ...). Relative image paths start at its folder.

    Returns:
        The rows ordered by ``sample_id``, identifiers as text, image paths absolute.

    Raises:
        InputError: If the file is missing or unreadable, a column is missing, a required cell
            is empty, a ``sample_id`` stands twice, or all samples share one label.
    """
    path = Path(path)
    rows = _read_rows(path)
    missing = [column for column in REQUIRED if column not in rows.columns]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(map(str, rows.columns))}: "
            "add or rename the columns"
        )
    taken = [c for c in map(str, rows.columns) if c in RESERVED or c.startswith(SCORE_PREFIX)]
    if taken:
        raise InputError(
            f"{path}: column {', '.join(taken)} has a name that the framework needs: rename it"
        )
    for column in REQUIRED:
        # A blank behind a name would make two subjects of one person.
        text = rows[column].astype(str).str.strip()
        empty = rows[column].isna() | (text == "")
        if empty.any():
            raise InputError(
                f"{path}, row {_first(empty)}: {column} is empty, expected a value: fill it in "
                "or delete the row"
            )
        rows[column] = text
    twice = rows["sample_id"].duplicated()
    if twice.any():
        row = _first(twice)
        raise InputError(
            f"{path}, row {row}: sample_id {rows['sample_id'].iloc[row - 1]!r} stands in an "
            "earlier row too, expected each once: give every sample its own"
        )
    labels = sorted(rows["label"].unique())
    if len(labels) < 2:
        raise InputError(
            f"{path}: {len(rows)} rows with the one label {labels}, expected at least two "
            "labels: add samples of the other class"
        )
    for column in rows.columns.intersection([*PATHS, CLIP]):
        rows[column] = [str((path.parent / image).resolve()) for image in rows[column]]
    return rows.sort_values("sample_id", ignore_index=True)


def _read_rows(path: Path) -> pd.DataFrame:
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": _read_csv,
        ".parquet": pd.read_parquet,
    }
    if path.suffix not in readers:
        raise InputError(
            f"{path}: found a {path.suffix or 'nameless'} file, expected .csv or .parquet"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a manifest: check data.path")
    try:
        rows = readers[path.suffix](path)
    except (ValueError, ArrowInvalid, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path}: cannot be read ({reason}): save it again") from error
    if rows.empty:
        raise InputError(f"{path}: no rows, expected one a sample: fill the manifest")
    return rows


def _read_csv(path: Path) -> pd.DataFrame:
    # As text, or a subject called 007 becomes 7.
    return pd.read_csv(
        path, dtype=dict.fromkeys(REQUIRED, str), keep_default_na=False, na_values=[""]
    )


def _first(mask: pd.Series) -> int:
    """One-based number of the first row that the mask marks, the header not counted."""
    return int(mask.to_numpy().argmax()) + 1
