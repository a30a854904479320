"""Findings about data that the user should know, and that do not stop a command."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Weight of a finding in the verdict of the audit."""

    NOTE = "note"
    """For information: a convention or policy that was applied."""
    WARNING = "warning"
    """Results may be distorted, or samples are missing."""
    FATAL = "fatal"
    """No result on these data can be trusted."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding.

    Attributes:
        check: Name of the check, by which findings are grouped.
        severity: Its severity.
        message: One line: the file or sample, what was found, what was expected, how to fix it.
        samples: Ids of the samples concerned; may be empty.
    """

    check: str
    severity: Severity
    message: str
    samples: tuple[str, ...] = ()
