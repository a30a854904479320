"""All checks of a database, and the verdict that follows from them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.contact_sheet import ContactSheet
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.audits.markdown import markdown_audit
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.drawing.tiles import render_png
from posed_spontaneous.runtime.files import write_whole

MARKDOWN, JSON, SHEET = "audit.md", "audit.json", "contact_sheet.png"

_BY_SEVERITY = [Severity.FATAL, Severity.WARNING, Severity.NOTE]


class Verdict(StrEnum):
    """Whether a database can be used."""

    SOUND = "sound"
    """There are only notes."""
    CARE = "usable with care"
    """There are warnings."""
    UNFIT = "not to be used"
    """There is a fatal finding."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Result of all checks of a database.

    Attributes:
        counts: Number of ``samples``, of ``subjects`` and of samples of each ``label: ...``.
        tables: Tables of the checks.
        findings: All findings, by severity, the fatal ones first, and then by check.
        sheet: The contact sheet.
    """

    counts: Mapping[str, int]
    tables: tuple[CheckTable, ...]
    findings: tuple[Finding, ...]
    sheet: Figure

    @property
    def verdict(self) -> Verdict:
        """The verdict that follows from the most severe finding."""
        severities = {finding.severity for finding in self.findings}
        if Severity.FATAL in severities:
            return Verdict.UNFIT
        return Verdict.CARE if Severity.WARNING in severities else Verdict.SOUND

    @property
    def reasons(self) -> tuple[str, ...]:
        """Number of findings of each severity, by check."""
        return tuple(
            f"{severity} ({len(checks)}): "
            + ", ".join(f"{check} ({times})" for check, times in Counter(checks).items())
            for severity in _BY_SEVERITY
            if (checks := [f.check for f in self.findings if f.severity is severity])
        )

    def write(self, folder: Path) -> None:
        """Write ``audit.md``, ``audit.json`` and ``contact_sheet.png``, each atomically.

        Args:
            folder: Their folder, which is created.
        """
        record = {
            "verdict": self.verdict,
            "reasons": self.reasons,
            "counts": self.counts,
            "tables": {table.caption: _records(table.rows) for table in self.tables},
            "findings": [asdict(finding) for finding in self.findings],
        }
        text = markdown_audit(
            self.verdict, self.reasons, self.tables, self.findings, record=JSON, sheet=SHEET
        )
        content = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        write_whole(folder / MARKDOWN, text.encode())
        write_whole(folder / JSON, content.encode())
        write_whole(folder / SHEET, render_png(self.sheet))


@dataclass(frozen=True)
class Auditor:
    """Runs the checks of a database.

    Args:
        checks: Checks under short names, in the order of their tables.
        sheet: Draws the contact sheet.
    """

    checks: Mapping[str, Check]
    sheet: ContactSheet

    def __call__(
        self, folder: Path, rows: pd.DataFrame, findings: Sequence[Finding], published: Published
    ) -> Audit:
        """Audit a manifest.

        Args:
            folder: Folder of relative paths in the rows, and of ``landmarks.npz`` if there is one.
            rows: Rows of a manifest, at least one.
            findings: Earlier findings, such as those of the preparation, which count as well.
            published: Counts in the database's paper.
        """
        evidence = Evidence.read(folder, rows, published)
        results = [result for check in self.checks.values() for result in check(evidence)]
        found = [*findings, *(result for result in results if isinstance(result, Finding))]
        place = {check: i for i, check in enumerate(dict.fromkeys(f.check for f in found))}
        found.sort(key=lambda f: (_BY_SEVERITY.index(f.severity), place[f.check]))
        labels = rows["label"].value_counts().sort_index()
        return Audit(
            counts={
                "samples": len(rows),
                "subjects": int(rows["subject_id"].nunique()),
                **{f"label: {label}": int(count) for label, count in labels.items()},
            },
            tables=tuple(result for result in results if isinstance(result, CheckTable)),
            findings=tuple(found),
            sheet=self.sheet(evidence, found),
        )


def withdraw_audit(folder: Path) -> None:
    """Delete the files of an audit, because its samples will change."""
    for name in (MARKDOWN, JSON, SHEET):
        (folder / name).unlink(missing_ok=True)


def _records(rows: pd.DataFrame) -> object:
    return json.loads(rows.to_json(orient="records", double_precision=15))
