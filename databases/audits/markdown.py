"""An audit as Markdown."""

from collections.abc import Sequence
from itertools import groupby

import pandas as pd

from posed_spontaneous.databases.audits.check import CheckTable
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.runtime.markdown import escape_markdown, markdown_table

SHOWN = 10
"""Largest number of findings of a check, and of samples of a finding, that are shown."""
ROWS = 24
"""Largest number of rows of a table that are shown."""


def markdown_audit(
    verdict: str,
    reasons: Sequence[str],
    tables: Sequence[CheckTable],
    findings: Sequence[Finding],
    *,
    record: str,
    sheet: str,
) -> str:
    """Return the text of ``audit.md``.

    Args:
        verdict: The verdict.
        reasons: Its reasons, a line each.
        tables: Tables of the checks.
        findings: All findings, in their order in the text.
        record: Name of the file with everything that is cut here.
        sheet: Name of the contact sheet's file.
    """
    parts = [f"# Audit: {verdict}"]
    for table in tables:
        parts += [f"## {escape_markdown(table.caption)}", _table(table.rows[:ROWS])]
        if len(table.rows) > ROWS:
            parts += [f"and {len(table.rows) - ROWS} more rows in {record}"]
    parts += ["## Findings"]
    for (severity, check), group in groupby(findings, key=lambda f: (f.severity, f.check)):
        found = list(group)
        parts += [f"### {severity.capitalize()}: {escape_markdown(check)}"]
        parts += ["\n".join(_finding(finding) for finding in found[:SHOWN])]
        if len(found) > SHOWN:
            parts += [f"and {len(found) - SHOWN} more in {record}"]
    parts += ["None."] if not findings else []
    parts += [f"![Onset, apex and difference of some pairs]({sheet})"]
    parts += ["## Verdict", f"**{verdict.capitalize()}**"]
    parts += ["\n".join(f"- {escape_markdown(reason)}" for reason in reasons)] if reasons else []
    return "\n\n".join(parts) + "\n"


def _finding(finding: Finding) -> str:
    line = f"- {escape_markdown(finding.message)}"
    if finding.samples:
        named = ", ".join(f"`{sample}`" for sample in finding.samples[:SHOWN])
        more = len(finding.samples) - SHOWN
        line += f"  \n  {named}" + f" and {more} more" * (more > 0)
    return line


def _table(rows: pd.DataFrame) -> str:
    columns = [rows[heading].infer_objects() for heading in rows]
    return markdown_table(
        [str(heading) for heading in rows.columns],
        zip(*map(_cells, columns), strict=True),
        [pd.api.types.is_numeric_dtype(column) for column in columns],
    )


def _cells(column: pd.Series) -> list[str]:
    """Cells of a column, with the same number of decimals in each."""
    given = column.dropna()
    whole = pd.api.types.is_numeric_dtype(given) and bool((given == given.round()).all())
    fraction = pd.api.types.is_float_dtype(given) and not whole
    form = "{:.3f}".format if fraction else "{:.0f}".format if whole else str
    return [
        "\N{EN DASH}" if missing else escape_markdown(form(value))
        for value, missing in zip(column, column.isna(), strict=True)
    ]
