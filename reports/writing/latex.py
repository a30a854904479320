"""Tables as LaTeX that fit the text of an article."""

import re
from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from textwrap import wrap

import pandas as pd
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from posed_spontaneous.reports.section import Table
from posed_spontaneous.reports.writing.cells import FLAG, FLAG_NOTE, cell_texts, number_columns

TEXT_WIDTH = 345
"""Width of the text of the article class, in points."""
COLUMN_GAP = 6
"""Space between two columns, in points."""
PAGE_LINES = 40
"""Number of lines up to which a table fits one page with its caption."""
LONG_WORD = 12
"""Number of characters up to which a word is never broken."""

# In paths, options and names of classes.
_BREAKS = re.compile(r"(?<=[-/._=:,])(?=[^\W\d])|(?<=[a-z])(?=[A-Z][a-z])")
_SYMBOLS = "<>−±×·≤≥≠≈→°²αβΔκ"  # noqa: RUF001
_COMMANDS = (
    r"< > - \pm \times \cdot \leq \geq \neq \approx \rightarrow ^\circ ^2 "
    r"\alpha \beta \Delta \kappa"
)
_ESCAPES = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"|": r"\textbar{}", "–": "--", "—": "---", "…": r"\ldots{}", "\N{NO-BREAK SPACE}": "~"}  # noqa: RUF001
    | {"[": "{[}", "*": "{*}"}  # after the end of a row, both start an argument
    | {symbol: f"${command}$" for symbol, command in zip(_SYMBOLS, _COMMANDS.split(), strict=True)}
)
# The metrics of Times, in a size in which they are as wide as LaTeX's own \footnotesize.
_FONT = FontProperties(family="STIXGeneral", size=9.4)


def latex_table(table: Table, notice: str) -> str:
    r"""Format a table for ``\input`` in an article, no wider than its text.

    Args:
        table: The table. If it has more than ``PAGE_LINES`` lines, it continues on the next page.
        notice: Text to add to the caption; may be empty.
    """
    rows, numbers = cell_texts(table.rows), number_columns(table.rows)
    headings = [" ".join(str(heading).split()) for heading in table.rows.columns]
    cells = [[_escape(cell) for cell in row] for row in rows]
    for position in table.flagged:
        cells[position][0] = rf"\textbf{{{FLAG}}} {cells[position][0]}"
    widths = _widths(headings, rows, numbers)
    gap = rf"@{{\hspace{{{COLUMN_GAP}pt}}}}"
    columns = [
        rf">{{\footnotesize\ragged{'left' if number else 'right'}\arraybackslash}}"
        rf"p{{{width / TEXT_WIDTH:.3f}\linewidth}}"
        for number, width in zip(numbers, widths, strict=True)
    ]
    caption = [table.caption, notice, FLAG_NOTE if table.flagged else ""]
    lines = [
        max(ceil(_width(cell) / width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    long = sum(lines) > PAGE_LINES
    frame = pd.DataFrame(cells, columns=[_escape(heading) for heading in headings])
    text: str = frame.style.hide(axis="index").to_latex(
        column_format=f"@{{}}{gap.join(columns)}@{{}}",
        hrules=True,
        caption=_escape(" ".join(filter(None, caption))),
        label=f"tab:{re.sub(r'[^A-Za-z0-9-]+', '-', table.name)}",
        environment="longtable" if long else "table",
        position_float=None if long else "centering",
    )
    packages = "array, booktabs, longtable" if long else "array, booktabs"
    return f"% Requires \\usepackage{{{packages}}}\n{text}"


def _widths(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]
) -> Sequence[float]:
    """Widths of the columns in points.

    Lines of a table that is too wide are broken: first in headings, then in text, and in numbers
    last.
    """
    available = TEXT_WIDTH - 1 - COLUMN_GAP * (len(headings) - 1)  # 1 for rounding
    columns = zip(*rows, strict=True) if rows else [()] * len(headings)
    alternatives = []
    for heading, cells, number in zip(headings, columns, numbers, strict=True):
        title, words = _unbroken([heading]), _unbroken(cells)
        # The interval in parentheses may start a new line.
        values = [part for cell in cells for part in cell.split(" (")] if number else words
        texts = [heading, *cells], [*title, *cells], [*title, *values], [*title, *words]
        alternatives.append([min(max(map(_width, choice)), available) for choice in texts])
    for wide, narrow in pairwise(zip(*alternatives, strict=True)):
        spare, difference = available - sum(narrow), sum(wide) - sum(narrow)
        if spare >= 0:
            part = min(1, spare / difference) if difference else 0
            return [low + part * (high - low) for low, high in zip(narrow, wide, strict=True)]
    return narrow


def _width(text: str) -> float:
    return float(text_to_path.get_text_width_height_descent(text, _FONT, ismath=False)[0])


def _unbroken(texts: Sequence[str]) -> list[str]:
    return [part for text in texts for word in text.split() for part in _split(word)]


def _split(word: str) -> list[str]:
    """Parts of a word between which a line may be broken; digests have parts of 16 characters."""
    parts = _BREAKS.split(word) if len(word) > LONG_WORD else [word]
    return [piece for part in parts for piece in wrap(part, 16)]


def _escape(text: str) -> str:
    words = [r"\allowbreak ".join(map(_translate, _split(word))) for word in text.split()]
    return " ".join(words).replace(r"-\allowbreak ", "-")  # LaTeX breaks lines there


def _translate(text: str) -> str:
    return text.translate(_ESCAPES)
