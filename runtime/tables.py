"""Tables as people save them: any delimiter and common encoding, workbooks with merged cells."""

import codecs
import csv
import io
import logging
import warnings
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import pandas as pd
from pandas.errors import ParserWarning

from posed_spontaneous.runtime.errors import InputError

WORKBOOK = ".xlsx"
DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
"""The usual delimiter of each file type."""
ALL_DELIMITERS = (",", ";", "\t", "|")
UNREADABLE = (OSError, ValueError, KeyError, SyntaxError, csv.Error, BadZipFile, zlib.error)
"""Exceptions of the readers for broken files."""

UNNAMED = "Unnamed: "
"""Prefix of the columns without a name, as in pandas."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HEADER_LINES = 100
"""Lines in which the header is looked for to find the delimiter."""

log = logging.getLogger(__name__)

Rows = dict[int, list[str]]
"""Stripped cells of each row, by the row's number in the file from 1."""


class TextTable(NamedTuple):
    """The text of a table and how its cells are separated.

    Attributes:
        text: The table, without a line ``sep=``.
        delimiter: The character between two cells.
        first: Number in the file of the first line of the text, from 1.
    """

    text: str
    delimiter: str
    first: int


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a table as text; its header may be below a preamble.

    The header is the first row that contains all requested names; case and spaces are ignored.

    Args:
        path: A ``.csv``, ``.tsv`` or ``.txt``, or an ``.xlsx``, of which the first sheet is read;
            a merged area has its value in each of its cells.
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
    rows = read_rows(path, columns)
    wanted = {_plain(column): column for column in columns}
    header = find_header(path, rows, columns)
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


def read_typed_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a table whose header is its first row, with pandas' types.

    Args:
        path: As for ``read_table``.
        columns: Names of columns that are read as text; their case is ignored.

    Returns:
        All rows. Empty columns without a name are dropped.

    Raises:
        InputError: If the file is missing or of another type.
        ParserWarning, ValueError: If pandas cannot read it, or a row has too many cells.
    """
    if path.suffix.lower() == WORKBOOK:
        table = TextTable(read_table(path, columns).to_csv(index=False), ",", 1)
    else:
        table = read_text_table(path, columns)
    wanted = {_plain(column): column for column in columns}
    header = next(csv.reader(io.StringIO(table.text), delimiter=table.delimiter), [])
    names = [wanted.get(_plain(name), name.strip()) for name in header]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParserWarning)  # cells without a column
        rows = pd.read_csv(
            io.StringIO(table.text),
            sep=table.delimiter,
            header=0,
            names=[name or f"{UNNAMED}{place}" for place, name in enumerate(names)],
            dtype=dict.fromkeys(columns, str),
            keep_default_na=False,
            na_values=[""],
            # Otherwise a delimiter at the end of each line would move all cells by one column.
            index_col=False,
        )
    unnamed = [name for name in rows.columns if name.startswith(UNNAMED)]
    return rows.drop(columns=[name for name in unnamed if rows[name].isna().all()])


def read_rows(path: Path, columns: Sequence[str]) -> Rows:
    """Read all rows of a table, which should have some columns.

    Raises:
        InputError: If the file is missing, of another type, or cannot be read.
    """
    if path.suffix.lower() == WORKBOOK:
        _check_file(path)
        return _read_workbook(path)
    table = read_text_table(path, columns)
    try:
        return _split(table)
    except csv.Error as error:
        raise _unreadable(path, error) from error


def find_header(path: Path, rows: Rows, columns: Sequence[str]) -> int:
    """Number of the first row that contains all requested names.

    Raises:
        InputError: If there is none.
    """
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
    return header


def read_text_table(path: Path, columns: Sequence[str]) -> TextTable:
    """Read a text file, and find the delimiter with which it has the requested columns.

    Raises:
        InputError: If the file is missing, of another type, or cannot be decoded.
    """
    _check_file(path)
    suffix = path.suffix.lower()
    if suffix not in DELIMITERS:
        raise InputError(
            f"{path}: found a {suffix or 'nameless'} file, expected .csv, .tsv, .txt or .xlsx: "
            "save the table as one of them"
        )
    try:
        text = _decode(path, path.read_bytes())
    except UNREADABLE as error:
        raise _unreadable(path, error) from error
    line, _, rest = text.partition("\n")
    # The first line with which spreadsheet programs name the delimiter.
    if line.casefold().startswith("sep=") and len(line.strip()) <= len("sep=") + 1:
        return TextTable(rest, line[len("sep=") :].strip("\r") or "\t", 2)
    beginning = "".join(islice(io.StringIO(text), _HEADER_LINES))
    wanted = {_plain(column) for column in columns}
    for delimiter in sorted(ALL_DELIMITERS, key=lambda sign: sign != DELIMITERS[suffix]):
        try:
            rows = _split(TextTable(beginning, delimiter, 1)).values()
        except csv.Error:
            continue
        if any(wanted <= {_plain(cell) for cell in cells} for cells in rows):
            return TextTable(text, delimiter, 1)
    return TextTable(text, DELIMITERS[suffix], 1)


def _decode(path: Path, content: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding)
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # In UTF-16 every second byte of English text is zero.
        if content[start:200:2] and not any(content[start:200:2]):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    log.warning(
        "%s: is not UTF-8 and was read as Windows-1252: if names look wrong, save it as UTF-8", path
    )
    return text


def _split(table: TextTable) -> Rows:
    reader = csv.reader(io.StringIO(table.text, newline=""), delimiter=table.delimiter)
    rows = {}
    for cells in reader:
        # A quoted cell may span several lines.
        rows[reader.line_num + table.first - 1] = _texts(cells)
    return rows


def _read_workbook(path: Path) -> Rows:
    try:
        from openpyxl import load_workbook

        sheet = load_workbook(path, data_only=True).worksheets[0]
        cells = [list(row) for row in sheet.iter_rows(values_only=True)]
        for area in sheet.merged_cells.ranges:
            value = cells[area.min_row - 1][area.min_col - 1]
            for row in cells[area.min_row - 1 : area.max_row]:
                width = len(row[area.min_col - 1 : area.max_col])
                row[area.min_col - 1 : area.max_col] = [value] * width
    except ImportError as error:
        raise InputError(
            f"{path}: reading .xlsx needs the extra 'prepare': pip install -e '.[prepare]', or "
            "save the table as .csv"
        ) from error
    except (*UNREADABLE, IndexError, TypeError) as error:
        raise _unreadable(path, error) from error
    return {number: _texts(row) for number, row in enumerate(cells, start=1)}


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a table: check its path")


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split())
    return InputError(f"{path}: cannot be read ({reason}): save it again")


def _texts(cells: Iterable[object]) -> list[str]:
    return [_text(cell).strip() for cell in cells]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    # A subject 12 of a sheet may be stored as 12.0.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
