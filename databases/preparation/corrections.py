"""A user's corrections of a database, by sample and never by row number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.sample_findings import sample_finding
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.tables import find_header, read_rows

CORRECTED = "corrected"
POSITIONS = ("onset", "apex", "offset")
FIELDS = ("drop", "subject_id", "label", *POSITIONS)
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


def correct(
    recordings: Sequence[Recording], file: Path | str | None
) -> tuple[list[Recording], list[Finding]]:
    """Apply a file of corrections.

    Args:
        recordings: The recordings of the database.
        file: A table, see ``runtime.tables``, with the column ``sample_id`` and any of ``drop``
            (yes or no), ``subject_id``, ``label``, ``onset``, ``apex``, ``offset`` (positions from
            0) and the database's details. Empty cells change nothing. None makes no corrections.

    Returns:
        The recordings that are not dropped, and a note for each correction.

    Raises:
        InputError: If the file cannot be read, a column or a sample is unknown, a sample occurs
            twice, or a value is invalid.
    """
    if file is None:
        return list(recordings), []
    changes = _read(Path(file), recordings)
    kept, findings = [], []
    for recording in recordings:
        change = changes.get(recording.sample_id, {})
        findings += [_note(recording, column, value) for column, value in change.items()]
        if change.get("drop"):
            continue
        fields: dict[str, Any] = {"details": dict(recording.details)}
        for column, value in change.items():
            if column in FIELDS:
                fields[column] = value
            else:
                fields["details"][column] = _like(recording.details.get(column), value)
            if column in ("onset", "apex"):
                fields[f"{column}_source"] = CORRECTED
        kept.append(replace(recording, **fields))
    return kept, findings


def _read(path: Path, recordings: Sequence[Recording]) -> Mapping[str, dict[str, str | int | bool]]:
    """The corrections by sample and column."""
    table = read_rows(path, ["sample_id"])
    header = find_header(path, table, ["sample_id"])
    columns = table.pop(header)
    rows = [(number, cells) for number, cells in table.items() if number > header and any(cells)]
    known = {recording.sample_id for recording in recordings}
    details = {name for recording in recordings for name in recording.details}
    _check_columns(path, columns, details)
    changes: dict[str, dict[str, str | int | bool]] = {}
    for number, cells in rows:
        where = f"{path}, row {number}"
        if len(cells) != len(columns):
            raise InputError(
                f"{where}: found {len(cells)} cells, expected {len(columns)}: quote cells that "
                "contain the delimiter"
            )
        row = dict(zip(columns, cells, strict=True))
        sample = row.pop("sample_id")
        if sample not in known:
            raise InputError(
                f"{where}: sample_id {sample!r} is not in the database, expected one of its "
                f"{len(known)} samples, as named in manifest.csv: correct or delete the row"
            )
        if sample in changes:
            raise InputError(f"{where}: sample_id {sample!r} occurs twice: join its rows")
        values = {name: _value(where, name, cell) for name, cell in row.items() if cell}
        changes[sample] = {name: value for name, value in values.items() if value is not False}
    return changes


def _check_columns(path: Path, columns: Sequence[str], details: set[str]) -> None:
    for name in columns:
        if name not in ("sample_id", *FIELDS) and name not in details:
            raise InputError(
                f"{path}, row 1: column {name!r} is unknown, expected some of "
                f"{', '.join([*FIELDS, *sorted(details)])}: rename or delete it"
            )
        if columns.count(name) > 1:
            raise InputError(f"{path}, row 1: column {name!r} occurs twice: delete one")


def _value(where: str, column: str, cell: str) -> str | int | bool:
    if column == "drop":
        if cell.lower() not in YES + NO:
            raise InputError(f"{where}: drop is {cell!r}, expected yes or no: correct it")
        return cell.lower() in YES
    if column in POSITIONS:
        if not (cell.isascii() and cell.isdigit()):
            raise InputError(
                f"{where}: {column} is {cell!r}, expected a position from 0: correct it"
            )
        return int(cell)
    return cell


def _like(old: str | float | None, new: str | int | bool) -> str | float:
    """Convert a corrected detail to the type of the former one."""
    try:
        return float(new) if isinstance(old, float | int) else str(new)
    except ValueError:
        return str(new)


def _note(recording: Recording, column: str, value: str | int | bool) -> Finding:
    if column == "drop":
        message = "dropped by the corrections"
    else:
        old = recording.details.get(column) if column not in FIELDS else getattr(recording, column)
        message = f"{column} is corrected from {old!r} to {value!r}"
    return sample_finding(recording.sample_id, CORRECTED, message, Severity.NOTE)
