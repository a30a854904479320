"""An audit as Markdown, for a terminal and for the web."""

import re
from collections.abc import Sequence
from itertools import groupby

import pandas as pd
from tabulate import tabulate

from posed_spontaneous.databases.audits.evidence import Table
from posed_spontaneous.databases.findings import Finding

SHOWN = 10
"""Findings of one check, and samples of one finding, that are named."""
ROWS = 24
"""Rows of a table that are shown."""
_SPECIAL = re.compile(r"[\\|<*`\[\]]")


def markdown_audit(
    *,
    verdict: str,
    reasons: Sequence[str],
    tables: Sequence[Table],
    findings: Sequence[Finding],
    everything: str,
    sheet: str,
) -> str:
    """The text of ``audit.md``.

    Args:
        verdict: What the findings come to.
        reasons: Why, a line each.
        tables: Figures to show.
        findings: What was found, in the order to show it in.
        everything: Name of the file that holds what is cut off here.
        sheet: Name of the contact sheet's file.
    """
    parts = [f"# Audit: {verdict}"]
    for table in tables:
        parts += [f"## {_escape(table.caption)}", _table(table.rows[:ROWS])]
        if len(table.rows) > ROWS:
            parts += [f"and {len(table.rows) - ROWS} more rows in {everything}"]
    parts += ["## Findings"]
    for (severity, check), group in groupby(findings, key=lambda f: (f.severity, f.check)):
        found = list(group)
        parts += [f"### {severity.capitalize()}: {_escape(check)}"]
        parts += ["\n".join(_finding(finding) for finding in found[:SHOWN])]
        if len(found) > SHOWN:
            parts += [f"and {len(found) - SHOWN} more in {everything}"]
    parts += ["None."] if not findings else []
    parts += [f"![Onset, apex and change of some pairs]({sheet})"]
    parts += ["## Verdict", f"**{verdict.capitalize()}**"]
    parts += ["\n".join(f"- {_escape(reason)}" for reason in reasons)] if reasons else []
    return "\n\n".join(parts) + "\n"


def _finding(finding: Finding) -> str:
    line = f"- {_escape(finding.message)}"
    if finding.samples:
        named = ", ".join(f"`{sample}`" for sample in finding.samples[:SHOWN])
        more = len(finding.samples) - SHOWN
        line += f"  \n  {named}" + f" and {more} more" * (more > 0)
    return line


def _table(rows: pd.DataFrame) -> str:
    columns = [_cells(rows[column].infer_objects()) for column in rows]
    return tabulate(
        zip(*columns, strict=True),
        headers=[_escape(str(heading)) for heading in rows.columns],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=[
            "right" if pd.api.types.is_numeric_dtype(rows[column].infer_objects()) else "left"
            for column in rows
        ],
    )


def _cells(column: pd.Series) -> list[str]:
    """Texts of a column, of figures with as many digits each."""
    given = column.dropna()
    whole = pd.api.types.is_numeric_dtype(given) and bool((given == given.round()).all())
    fraction = pd.api.types.is_float_dtype(given) and not whole
    form = "{:.3f}".format if fraction else "{:.0f}".format if whole else str
    return [
        "\N{EN DASH}" if missing else _escape(form(value))
        for value, missing in zip(column, column.isna(), strict=True)
    ]


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
