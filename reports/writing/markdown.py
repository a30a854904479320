"""A table as Markdown, for notes, issues and terminals."""

import re

from tabulate import tabulate

from posed_spontaneous.reports.section import Table
from posed_spontaneous.reports.writing.cells import FLAG, FLAG_NOTE, cell_texts, number_columns

_SPECIAL = re.compile(r"[\\|<&*`]|(?<=\])\(")


def markdown_table(table: Table, notice: str) -> str:
    """A table under its caption.

    Args:
        table: The table.
        notice: What a reader must be told with it; may be empty.

    Returns:
        The text of a Markdown file.
    """
    rows = [[_escape(cell) for cell in row] for row in cell_texts(table.rows)]
    for place in table.flagged:
        rows[place][0] = f"**{FLAG}** {rows[place][0]}"
    body = tabulate(
        rows,
        headers=[_escape(str(heading)) for heading in table.rows.columns],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["right" if number else "left" for number in number_columns(table.rows)],
    )
    parts = [_escape(table.caption)]
    parts += [f"**{_escape(notice)}**"] if notice else []
    parts += [body]
    parts += [FLAG_NOTE] if table.flagged else []
    return "\n\n".join(parts) + "\n"


def _escape(text: str) -> str:
    # An underscore within a word is safe, and names stay readable.
    return _SPECIAL.sub(r"\\\g<0>", text)
