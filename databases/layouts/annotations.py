"""Annotation tables: the header may be below a preamble, every cell is text."""

import csv
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd

from posed_spontaneous.runtime.errors import InputError

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
UNREADABLE = (OSError, ValueError, KeyError, SyntaxError, csv.Error, BadZipFile, zlib.error)
"""Exceptions of the readers for broken files."""


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read an annotation table whose header may be below a preamble.

    The header is the first row that contains all requested names; case and spaces are ignored.

    Args:
        path: A ``.csv``, a ``.tsv`` or ``.txt`` with tabs (UTF-8), or an ``.xlsx``, of which the
            first sheet is read.
        columns: Names of the requested columns.

    Returns:
        The rows below the header that are not blank, indexed by their number in the file from 1.
        Every cell is stripped text, an empty one is ``""``. Requested columns have the requested
        names, others those of the file; columns without a name are dropped, and of two columns of
        one name the first is kept.

    Raises:
        InputError: If the file is missing or cannot be read, or no row contains all requested
        columns.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a table of annotations: check its path")
    rows = _read_rows(path)
    wanted = {_plain(column): column for column in columns}
    named = {number: {_plain(cell) for cell in cells} for number, cells in rows.items()}
    header = next((number for number, names in named.items() if names >= wanted.keys()), None)
    if header is None:
        # The row with most requested names is the likely header.
        nearest = max(rows, key=lambda number: len(wanted.keys() & named[number]), default=0)
        missing = [wanted[plain] for plain in wanted if plain not in named.get(nearest, ())]
        found = ", ".join(filter(None, rows.get(nearest, ())))[:200] + f" in row {nearest}"
        raise InputError(
            f"{path}: no column {', '.join(missing)}; found {found if nearest else 'nothing'}: "
            "add or rename the columns"
        )
    places: dict[str, int] = {}
    for place, name in enumerate(rows[header]):
        if name:
            places.setdefault(wanted.get(_plain(name), " ".join(name.split())), place)
    below = {number: cells for number, cells in rows.items() if number > header and any(cells)}
    return pd.DataFrame(
        [
            [cells[place] if place < len(cells) else "" for place in places.values()]
            for cells in below.values()
        ],
        index=pd.Index(list(below), dtype=int, name="row"),
        columns=list(places),
        dtype=object,
    )


def _read_rows(path: Path) -> dict[int, list[str]]:
    """All rows by their number in the file, from 1."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".xlsx":
            sheet = pd.read_excel(path, header=None, dtype=object, keep_default_na=False)
            return {n: _texts(cells) for n, cells in enumerate(sheet.to_numpy().tolist(), 1)}
        if suffix in DELIMITERS:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, delimiter=DELIMITERS[suffix])
                rows = {}
                for cells in reader:
                    # A quoted cell may span several lines.
                    rows[reader.line_num] = _texts(cells)
                return rows
    except ImportError as error:
        raise InputError(
            f"{path}: reading .xlsx needs the extra 'prepare': pip install -e '.[prepare]', or "
            "save the table as .csv"
        ) from error
    except UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read ({reason}): save it again") from error
    raise InputError(
        f"{path}: found a {suffix or 'nameless'} file, expected .csv, .tsv, .txt or .xlsx: save "
        "the table as one of them"
    )


def _texts(cells: Iterable[object]) -> list[str]:
    # pandas returns whole numbers of a sheet as int, so 12 does not become 12.0.
    return [str(cell).strip() for cell in cells]


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
