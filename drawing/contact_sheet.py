"""Contact sheets: many pairs, each as onset, apex and their difference."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import TEXT
from posed_spontaneous.drawing.tiles import STEP, PairPicture, TileFigure, shorten

DPI = 100
SIZE = 7.5
"""Font size in points."""
LETTER = 0.605 * SIZE * DPI / 72
"""Width of a letter of the monospaced font, in pixels."""
LINE, GAP = 20, 16
"""Height of a line of text, and the gap around each pair, in pixels."""
LIMIT = 128
"""Difference shown in black or white, in gray levels, the same for all pairs of a sheet."""


def draw_contact_sheet(
    pairs: Sequence[PairPicture],
    *,
    title: str,
    columns: int,
    cell: int,
    legend: Mapping[str, str] | None = None,
) -> Figure:
    """Draw pairs in rows.

    Args:
        pairs: The pairs, at least one.
        title: What the sheet shows; the columns of a pair are explained after it.
        columns: Pairs in a row.
        cell: Side of an image, in pixels.
        legend: Colours of texts that follow the title.
    """
    line, gap = LINE / cell, GAP / cell
    columns = min(columns, len(pairs))
    wide, high = 1 + 2 * STEP + gap, line + 1 + gap
    texts = {
        f"{title}: onset, apex, onset - apex (gray is no difference)": TEXT,
        **(legend or {}),
    }
    head = gap / 2 + len(texts) * line
    width = gap + columns * wide
    sheet = TileFigure(width, head + gap + -(-len(pairs) // columns) * high, cell / DPI, DPI)
    for number, (text, color) in enumerate(texts.items()):
        y = gap / 2 + (number + 0.5) * line
        sheet.write(_fit(text, width * cell - GAP), gap, y, SIZE, family="monospace", color=color)
    for number, pair in enumerate(pairs):
        row, column = divmod(number, columns)
        _draw_pair(sheet, pair, gap + column * wide, head + gap + row * high, cell)
    return sheet.figure


def _draw_pair(sheet: TileFigure, pair: PairPicture, x: float, y: float, cell: int) -> None:
    width, line, edge = 1 + 2 * STEP, LINE / cell, 3 / cell
    middle = y + line / 2
    sheet.write(pair.label, x + width, middle, SIZE, ha="right", family="monospace")
    room = width * cell - LETTER * (len(pair.label) + 1)
    sheet.write(_fit(pair.name, room), x, middle, SIZE, family="monospace")
    sheet.show_pair(pair, x, y + line, LIMIT)
    if pair.color:
        x, y, width, height = x - edge, y - edge, width + 2 * edge, line + 1 + 2 * edge
        sheet.frame(x, y, width, height, edgecolor=pair.color, linewidth=2.5)


def _fit(text: str, width: float) -> str:
    return shorten(text, max(int(width / LETTER), 2))
