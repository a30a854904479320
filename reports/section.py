"""What a report is made of: chapters of sections of tables and pictures, in no form yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Rows to be printed.

    Args:
        name: Stem of its files' names.
        caption: What the figures are, in full sentences.
        rows: Cells as a reader sees them, text under full headings.
        figures: The same as numbers for a spreadsheet.
        flagged: Places of the rows that must alarm a reader, from 0.
        folded: Whether a page shows it only on request, because it is long.
    """

    name: str
    caption: str
    rows: pd.DataFrame
    figures: pd.DataFrame
    flagged: Sequence[int] = ()
    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Args:
        name: Stem of its files' names.
        caption: What it shows, in full sentences; also its text for those who cannot see it.
        figure: The drawing.
    """

    name: str
    caption: str
    figure: Figure


@dataclass(frozen=True)
class Section:
    """One question that a report answers.

    Args:
        title: Its heading.
        contents: Tables and pictures in their order.
        notes: Sentences that stand before them.
        warnings: Sentences that must alarm a reader; the summary repeats them.
    """

    title: str
    contents: Sequence[Table | Picture] = ()
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Chapter:
    """All that is said of one study.

    Args:
        name: The study's name, which is also its folder's.
        title: The study in words: database, protocol, sizes.
        notice: What a reader must be told wherever the figures appear; may be empty.
        sections: Its sections in their order.
    """

    name: str
    title: str
    notice: str
    sections: Sequence[Section] = field(default_factory=list)
