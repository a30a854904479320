"""The manifest: a table with one row per sample, the only form in which a database is read."""

from pathlib import Path

import pandas as pd
from pandas.errors import ParserWarning
from pyarrow import ArrowInvalid

from posed_spontaneous.dataset.spellings import check_spellings
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.tables import DELIMITERS, WORKBOOK, read_typed_table

PARQUET = ".parquet"

REQUIRED = ("sample_id", "subject_id", "label", "onset_path", "apex_path")
PATHS = ("onset_path", "apex_path")
CLIP = "clip_path"
"""Optional column: the frames from onset to apex, for systems that read sequences."""
TESTED = "tested"
"""Column that is true for the samples of the database that is tested, if there are two."""
RESERVED = ("fold", "part", "predicted", "seed", "system", "variant", TESTED)
"""Columns that the framework adds to those of a manifest, in addition to the scores."""
SCORE_PREFIX = "score_"
LATENT_PREFIX = "latent_"
"""Prefix of the true cues of generated faces: for the oracle only, never for a network."""


def read_manifest(path: Path | str) -> pd.DataFrame:
    """Read and check a manifest.

    Args:
        path: A ``.parquet`` file, or a table that ``runtime.tables`` reads, with the columns
            ``REQUIRED`` and any others (emotion, session_id, gender, ...). Image paths are relative
            to its folder or absolute.

    Returns:
        The rows sorted by ``sample_id``, with identifiers as text and absolute image paths.

    Raises:
        InputError: If the file is missing or unreadable, a column is missing, a required cell
            is empty, a ``sample_id`` is duplicated, a subject or label has several spellings, or
            all samples have the same label.
    """
    path = Path(path)
    rows = _read_rows(path)
    columns = rows.columns.astype(str)
    if missing := [column for column in REQUIRED if column not in columns]:
        raise InputError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(columns)}: add or rename "
            "the columns"
        )
    if taken := [c for c in columns if c in RESERVED or c.startswith(SCORE_PREFIX)]:
        raise InputError(
            f"{path}: column {', '.join(taken)} has a name that is reserved for the framework: "
            "rename it"
        )
    for column in REQUIRED:
        # A trailing space in a name would make two subjects of one person.
        text = rows[column].astype(str).str.strip()
        empty = rows[column].isna() | (text == "")
        if empty.any():
            raise InputError(
                f"{path}, row {_first(empty)}: {column} is empty, expected a value: fill it in "
                "or delete the row"
            )
        rows[column] = text
    duplicated = rows["sample_id"].duplicated()
    if duplicated.any():
        row = _first(duplicated)
        raise InputError(
            f"{path}, row {row}: sample_id {rows['sample_id'].iloc[row - 1]!r} is also in an "
            "earlier row, expected unique values: rename the sample or delete the row"
        )
    for column in ("subject_id", "label"):
        check_spellings(str(path), column, rows[column])
    if rows["label"].nunique() < 2:
        raise InputError(
            f"{path}: all {len(rows)} rows have the label {rows['label'].iloc[0]!r}, expected at "
            "least two labels: add samples of another class"
        )
    for column in rows.columns.intersection([*PATHS, CLIP]):
        # A table made under Windows separates folders by backslashes.
        files = [path.parent / str(image).replace("\\", "/") for image in rows[column]]
        rows[column] = [str(file.resolve()) for file in files]
    return rows.sort_values("sample_id", ignore_index=True)


def _read_rows(path: Path) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix not in (PARQUET, WORKBOOK, *DELIMITERS):
        raise InputError(
            f"{path}: found the file type '{path.suffix}', expected .parquet, .csv, .tsv, .txt or "
            ".xlsx: convert it"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a manifest: check data.path")
    try:
        # As text, or a subject called 007 becomes 7.
        rows = pd.read_parquet(path) if suffix == PARQUET else read_typed_table(path, REQUIRED)
    except (ValueError, ArrowInvalid, OSError, ParserWarning) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path}: cannot be read ({reason}): save it again") from error
    if rows.empty:
        raise InputError(f"{path}: no rows, expected one per sample: fill the manifest")
    return rows


def _first(flags: pd.Series) -> int:
    """Return the number of the first flagged row, counted from 1 without the header."""
    return int(flags.to_numpy().argmax()) + 1
