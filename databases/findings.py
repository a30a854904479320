"""What a database's user must know of its data: told, written down, and no reason to stop."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs in the audit's verdict."""

    NOTE = "note"
    """For the record: a convention followed, a policy applied as it should be."""
    WARNING = "warning"
    """Figures may be distorted, or samples are lost: look at it."""
    FATAL = "fatal"
    """No figure computed on this data can be trusted."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found, with every row that it is about.

    Attributes:
        check: What was looked at, in a few words: findings of one check stand together.
        severity: How much it weighs.
        message: One line: the file or sample, what was found, what was expected, how to mend it.
        samples: Ids of the samples that it is about; empty if it is about none in particular.
    """

    check: str
    severity: Severity
    message: str
    samples: tuple[str, ...] = ()
