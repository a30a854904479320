"""The content of a report, without its format: chapters of sections of tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: Stem of its files' names.
        caption: Description of the numbers, in full sentences.
        rows: The printed cells, text under full headings.
        figures: The same content as numbers, for a spreadsheet.
        flagged: Positions of the rows that need attention, from 0.
        folded: Whether the page hides it until it is opened, because it is long.
        percent: Columns of ``figures`` that hold fractions which ``rows`` prints in percent.
    """

    name: str
    caption: str
    rows: pd.DataFrame
    figures: pd.DataFrame
    flagged: Sequence[int] = ()
    folded: bool = False
    percent: Sequence[str] = ()


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Args:
        name: Stem of its files' names.
        caption: Description in full sentences, which is also its alternative text.
        figure: The drawing.
    """

    name: str
    caption: str
    figure: Figure


@dataclass(frozen=True)
class Section:
    """The answer to one question about a study.

    Args:
        title: Its heading.
        contents: Tables and pictures in their order.
        notes: Sentences before the contents.
        warnings: Sentences that need attention; the summary repeats them.
    """

    title: str
    contents: Sequence[Table | Picture] = ()
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Chapter:
    """The report on one study.

    Args:
        name: The study's name, which is also its folder's.
        title: The study in words: database, protocol, sizes.
        notice: Text that must be shown next to the figures; may be empty.
        sections: Its sections in their order.
        headline: Questions and answers of the first screen.
    """

    name: str
    title: str
    notice: str
    sections: Sequence[Section] = field(default_factory=list)
    headline: Sequence[tuple[str, str]] = ()
