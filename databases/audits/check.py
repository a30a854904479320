"""What a check of an audit is, and what it returns."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding, Severity


@dataclass(frozen=True)
class CheckTable:
    """Numbers that an audit shows.

    Attributes:
        caption: What they are, in a few words.
        rows: The numbers, under readable headings.
    """

    caption: str
    rows: pd.DataFrame


class Check(ABC):
    """Tests one property of a database, without changing anything."""

    name: ClassVar[str]
    """The name that its findings have in an audit."""

    @abstractmethod
    def __call__(self, evidence: Evidence) -> Iterator[Finding | CheckTable]:
        """Yield findings, and tables to show with them."""

    def note(self, message: str, samples: tuple[str, ...] = ()) -> Finding:
        """Create a finding that changes no verdict."""
        return self._find(Severity.NOTE, message, samples)

    def warning(self, message: str, samples: tuple[str, ...] = ()) -> Finding:
        """Create a finding with which a database is usable with care."""
        return self._find(Severity.WARNING, message, samples)

    def fatal(self, message: str, samples: tuple[str, ...] = ()) -> Finding:
        """Create a finding with which a database must not be used."""
        return self._find(Severity.FATAL, message, samples)

    def _find(self, severity: Severity, message: str, samples: tuple[str, ...]) -> Finding:
        return Finding(check=self.name, severity=severity, message=message, samples=samples)
