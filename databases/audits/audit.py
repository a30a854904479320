"""All checks of a database, and what they come to."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import cv2
import pandas as pd

from posed_spontaneous.databases.audits.contact_sheet import ContactSheet
from posed_spontaneous.databases.audits.evidence import Crops, Evidence, Table
from posed_spontaneous.databases.audits.markdown import markdown_audit
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.runtime.files import write_whole

MARKDOWN, JSON, SHEET = "audit.md", "audit.json", "contact_sheet.png"


class Check(Protocol):
    """Looks at one thing, and changes nothing."""

    def __call__(self, evidence: Evidence) -> Iterator[Finding | Table]:
        """What was found, and figures to show with it."""


class Verdict(StrEnum):
    """What a database can be used for."""

    SOUND = "sound"
    """Nothing but notes was found."""
    CARE = "usable with care"
    """There are warnings."""
    UNFIT = "not to be used"
    """There is a fatal finding."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What is known of a database after all checks.

    Attributes:
        counts: Number of ``samples``, of ``subjects`` and of samples of each ``label: ...``.
        tables: Figures of the checks.
        findings: Everything found, the fatal ones first, one check's together.
        sheet: The contact sheet, ``(H, W, 3)`` in blue, green and red, uint8.
    """

    counts: Mapping[str, int]
    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    sheet: Crops

    @property
    def verdict(self) -> Verdict:
        """The worst finding decides."""
        severities = {finding.severity for finding in self.findings}
        if Severity.FATAL in severities:
            return Verdict.UNFIT
        return Verdict.CARE if Severity.WARNING in severities else Verdict.SOUND

    @property
    def reasons(self) -> tuple[str, ...]:
        """How many findings of each severity there are, and of which checks."""
        return tuple(
            f"{severity} ({len(checks)}): "
            + ", ".join(f"{check} ({times})" for check, times in Counter(checks).items())
            for severity in _BY_WEIGHT
            if (checks := [f.check for f in self.findings if f.severity is severity])
        )

    def write(self, folder: Path) -> None:
        """Write ``audit.md``, ``audit.json`` and ``contact_sheet.png``; each whole or not at all.

        Args:
            folder: Where to; it is made.
        """
        record = {
            "verdict": self.verdict,
            "reasons": self.reasons,
            "counts": self.counts,
            "tables": {table.caption: _records(table.rows) for table in self.tables},
            "findings": [asdict(finding) for finding in self.findings],
        }
        text = markdown_audit(
            verdict=self.verdict,
            reasons=self.reasons,
            tables=self.tables,
            findings=self.findings,
            everything=JSON,
            sheet=SHEET,
        )
        write_whole(folder / MARKDOWN, text.encode())
        write_whole(
            folder / JSON,
            json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False).encode(),
        )
        write_whole(folder / SHEET, cv2.imencode(".png", self.sheet)[1].tobytes())


class Auditor:
    """Looks at a database in every way there is a check for.

    Args:
        checks: Checks under short names, in the order in which their tables are shown.
        sheet: Draws the contact sheet.
    """

    def __init__(self, checks: Mapping[str, Check], sheet: ContactSheet) -> None:
        self.checks = checks
        self.sheet = sheet

    def __call__(
        self, folder: Path, rows: pd.DataFrame, findings: Sequence[Finding], published: Published
    ) -> Audit:
        """Audit a manifest.

        Args:
            folder: Where the paths of the rows start, and ``landmarks.npz`` may lie.
            rows: Rows of a manifest, at least one; their paths may be absolute.
            findings: What was found before, such as on preparing; the verdict counts it.
            published: What the database's paper counts.
        """
        evidence = Evidence.read(folder, rows, published)
        results = [result for check in self.checks.values() for result in check(evidence)]
        found = [*findings, *(result for result in results if isinstance(result, Finding))]
        # Checks keep the order in which they were first heard of.
        place = {check: i for i, check in enumerate(dict.fromkeys(f.check for f in found))}
        found.sort(key=lambda f: (_BY_WEIGHT.index(f.severity), place[f.check]))
        labels = rows["label"].value_counts().sort_index()
        return Audit(
            counts={
                "samples": len(rows),
                "subjects": int(rows["subject_id"].nunique()),
                **{f"label: {label}": int(count) for label, count in labels.items()},
            },
            tables=tuple(result for result in results if isinstance(result, Table)),
            findings=tuple(found),
            sheet=self.sheet(evidence, found),
        )


def withdraw_audit(folder: Path) -> None:
    """Delete what an audit wrote, so that no old verdict stands beside new samples."""
    for name in (MARKDOWN, JSON, SHEET):
        (folder / name).unlink(missing_ok=True)


_BY_WEIGHT = [Severity.FATAL, Severity.WARNING, Severity.NOTE]


def _records(rows: pd.DataFrame) -> object:
    return json.loads(rows.to_json(orient="records", double_precision=15))
