"""The finding about a sample that cannot be read."""

from collections.abc import Hashable
from pathlib import Path

from posed_spontaneous.databases.findings import Finding, Severity


def exclusion(where: Path, found: str, expected: str, *, row: Hashable = None) -> Finding:
    """A sample that is excluded, or an annotation without a sample.

    Args:
        where: The file or folder.
        found: What was found.
        expected: What was expected.
        row: Number of the row in the file, from 1.
    """
    place = f"{where}" if row is None else f"{where}, row {row}"
    return Finding(
        check="excluded",
        severity=Severity.WARNING,
        message=f"{place}: found {found}, expected {expected}: fix it to include the sample",
    )
