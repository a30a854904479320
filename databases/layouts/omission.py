"""How a database reports what it cannot make a recording of."""

from collections.abc import Hashable
from pathlib import Path

from posed_spontaneous.databases.findings import Finding, Severity


def omission(where: Path, found: str, expected: str, *, row: Hashable = None) -> Finding:
    """A sample that is left out, or an annotation that belongs to none.

    Args:
        where: The file or folder.
        found: What is there, after the word "found".
        expected: What should be there, after the word "expected".
        row: Number of the row in the file, from 1 as an editor shows it.
    """
    place = f"{where}" if row is None else f"{where}, row {row}"
    return Finding(
        check="excluded",
        severity=Severity.WARNING,
        message=f"{place}: found {found}, expected {expected}: mend it, or go without the sample",
    )
