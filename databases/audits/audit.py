"""All checks of a database, the verdict that follows from them, and its files."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.contact_sheet import ContactSheet
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.drawing.tiles import render_png
from posed_spontaneous.runtime.files import write_whole
from posed_spontaneous.runtime.markdown import escape_markdown, markdown_table

MARKDOWN, JSON, SHEET = "audit.md", "audit.json", "contact_sheet.png"
SHOWN, ROWS = 10, 24
"""Largest number of a check's findings, of a finding's samples, and of a table's rows in Markdown.
JSON has all of them."""
_SEVERITIES = [Severity.FATAL, Severity.WARNING, Severity.NOTE]
"""In the order of findings."""


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
            for severity in _SEVERITIES
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
            "tables": {
                table.caption: json.loads(table.rows.to_json(orient="records", double_precision=15))
                for table in self.tables
            },
            "findings": [asdict(finding) for finding in self.findings],
        }
        content = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        write_whole(folder / MARKDOWN, self._markdown().encode())
        write_whole(folder / JSON, content.encode())
        write_whole(folder / SHEET, render_png(self.sheet))

    def _markdown(self) -> str:
        parts = [f"# Audit: {self.verdict}"]
        for table in self.tables:
            parts += [f"## {escape_markdown(table.caption)}", _format_table(table.rows[:ROWS])]
            if len(table.rows) > ROWS:
                parts += [f"and {len(table.rows) - ROWS} more rows in {JSON}"]
        parts += ["## Findings"]
        for (severity, check), group in groupby(self.findings, lambda f: (f.severity, f.check)):
            found = list(group)
            parts += [f"### {severity.capitalize()}: {escape_markdown(check)}"]
            parts += ["\n".join(_format_finding(finding) for finding in found[:SHOWN])]
            if len(found) > SHOWN:
                parts += [f"and {len(found) - SHOWN} more in {JSON}"]
        parts += [] if self.findings else ["None."]
        parts += [f"![Onset, apex and difference of some pairs]({SHEET})"]
        parts += ["## Verdict", f"**{self.verdict.capitalize()}**"]
        if self.reasons:
            parts += ["\n".join(f"- {escape_markdown(reason)}" for reason in self.reasons)]
        return "\n\n".join(parts) + "\n"


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
        found.sort(key=lambda f: (_SEVERITIES.index(f.severity), place[f.check]))
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


def _format_finding(finding: Finding) -> str:
    line = f"- {escape_markdown(finding.message)}"
    if finding.samples:
        named = ", ".join(f"`{sample}`" for sample in finding.samples[:SHOWN])
        more = len(finding.samples) - SHOWN
        line += f"  \n  {named}" + f" and {more} more" * (more > 0)
    return line


def _format_table(rows: pd.DataFrame) -> str:
    columns = [rows[heading].infer_objects() for heading in rows]
    return markdown_table(
        [str(heading) for heading in rows.columns],
        zip(*map(_format_cells, columns), strict=True),
        [pd.api.types.is_numeric_dtype(column) for column in columns],
    )


def _format_cells(column: pd.Series) -> list[str]:
    """Cells of a column, with the same number of decimals in each."""
    given = column.dropna()
    whole = pd.api.types.is_numeric_dtype(given) and bool((given == given.round()).all())
    fraction = pd.api.types.is_float_dtype(given) and not whole
    form = "{:.3f}".format if fraction else "{:.0f}".format if whole else str
    return [
        "\N{EN DASH}" if missing else escape_markdown(form(value))
        for value, missing in zip(column, column.isna(), strict=True)
    ]
