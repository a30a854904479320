"""A table as LaTeX, for papers."""

import re

from posed_spontaneous.reports.section import Table
from posed_spontaneous.reports.writing.cells import FLAG, FLAG_NOTE, cell_texts, number_columns

# What LaTeX would take for a command, and what its standard fonts lack.
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "|": r"\textbar{}",
        "[": "{[}",  # after the end of a row a bare one begins an option
        "*": "{*}",  # likewise
        "<": "$<$",
        ">": "$>$",
        "–": "--",  # noqa: RUF001
        "—": "---",
        "−": "$-$",  # noqa: RUF001
        "±": r"$\pm$",
        "×": r"$\times$",  # noqa: RUF001
        "·": r"$\cdot$",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
        "≠": r"$\neq$",
        "≈": r"$\approx$",
        "→": r"$\rightarrow$",
        "°": r"$^{\circ}$",
        "²": r"$^{2}$",
        "α": r"$\alpha$",  # noqa: RUF001
        "β": r"$\beta$",
        "Δ": r"$\Delta$",
        "κ": r"$\kappa$",
        "…": r"\ldots{}",
        "\N{NO-BREAK SPACE}": "~",
    }
    | {character: f"\\{character}" for character in "&%$#_{}"}
)


def latex_table(table: Table, notice: str) -> str:
    """A table with rules of booktabs, ready to be input.

    Args:
        table: The table.
        notice: What a reader must be told with it; may be empty.

    Returns:
        The text of a LaTeX file.
    """
    numbers = number_columns(table.rows)
    rows = [[_escape(cell) for cell in row] for row in cell_texts(table.rows)]
    for place in table.flagged:
        rows[place][0] = rf"\textbf{{{FLAG}}} {rows[place][0]}"
    caption = [table.caption, notice, FLAG_NOTE if table.flagged else ""]
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_escape(' '.join(part for part in caption if part))}}}",
        rf"\label{{tab:{re.sub(r'[^A-Za-z0-9-]+', '-', table.name)}}}",
        rf"\begin{{tabular}}{{{''.join('r' if number else 'l' for number in numbers)}}}",
        r"\toprule",
        _row([_escape(str(heading)) for heading in table.rows.columns]),
        r"\midrule",
        *map(_row, rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _escape(text: str) -> str:
    # A blank line would end the caption.
    return " ".join(text.split()).translate(_ESCAPES)
