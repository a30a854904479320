"""Plain text and tables as Markdown."""

import re
from collections.abc import Iterable, Sequence

from tabulate import tabulate

# An underscore within a word and brackets without a target are safe, and stay readable.
_SPECIAL = re.compile(r"[\\|<&*`]|(?<=\])\(")


def escape_markdown(text: str) -> str:
    """Escape plain text so that Markdown shows it as it is, in a table cell as well."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def markdown_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool]
) -> str:
    """Format a table.

    Args:
        headings: Headings of the columns, as plain text, which is escaped.
        rows: Cells of each row, as Markdown, which is not escaped.
        numeric: Which columns are numbers, aligned to the right.
    """
    return tabulate(
        rows,
        headers=[escape_markdown(heading) for heading in headings],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["right" if number else "left" for number in numeric],
    )
