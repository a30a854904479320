"""The report as one page that needs nothing but itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from posed_spontaneous.reports.section import Chapter, Picture, Table
from posed_spontaneous.reports.writing.cells import FLAG, FLAG_NOTE, cell_texts, number_columns
from posed_spontaneous.reports.writing.drawing import inline_svg
from posed_spontaneous.reports.writing.forms import PICTURE_FORMS, TABLE_FORMS

_WITH_TAIL = re.compile(r"(?P<head>\S+) (?P<tail>[(\[±].*)")
_SHORT = 26


@dataclass(frozen=True)
class Cell:
    """A cell as the page shows it.

    Args:
        head: Its text, or the figure that it leads with.
        tail: That figure's interval or deviation; may be empty.
        indent: Digits that the tail lacks to the longest of its column: with a space as wide, the
            leading figures of the column stand below each other.
    """

    head: str
    tail: str = ""
    indent: int = 0

    @property
    def short(self) -> bool:
        """Whether it is better left on one line."""
        return len(self.head) + len(self.tail) <= _SHORT


@dataclass(frozen=True)
class Row:
    """A row as the page shows it: its cells, and whether it must alarm a reader."""

    cells: Sequence[Cell]
    flagged: bool


def render_page(chapters: Sequence[Chapter], folder: Path, *, title: str) -> str:
    """Render chapters as HTML.

    Args:
        chapters: What the report says.
        folder: Where the files of every content lie already, a folder a chapter: the page takes
            the drawings in and links to all.
        title: Heading of the page.

    Returns:
        The page.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["picture"] = lambda content: isinstance(content, Picture)

    def draw(chapter: Chapter, picture: Picture, prefix: str) -> Markup:
        file = folder / chapter.name / f"{picture.name}.svg"
        # Made by matplotlib and escaped by its writer.
        return Markup(inline_svg(file.read_bytes(), prefix=prefix, label=picture.caption))

    return environment.get_template("page.html.j2").render(
        title=title,
        chapters=chapters,
        flag=FLAG,
        flag_note=FLAG_NOTE,
        draw=draw,
        files=_files,
        number_columns=number_columns,
        page_rows=_page_rows,
    )


def _files(chapter: Chapter, content: Table | Picture) -> dict[str, str]:
    """The addresses of a content's files beside the page, by their forms' names."""
    forms = PICTURE_FORMS if isinstance(content, Picture) else TABLE_FORMS
    stem = f"{quote(chapter.name)}/{quote(content.name)}"
    return {suffix[1:]: f"{stem}{suffix}" for suffix in forms}


def _page_rows(table: Table) -> list[Row]:
    columns = [_split(column) for column in zip(*cell_texts(table.rows), strict=True)]
    return [
        Row(cells, flagged=place in table.flagged)
        for place, cells in enumerate(zip(*columns, strict=True))
    ]


def _split(column: Sequence[str]) -> list[Cell]:
    """A column's cells, the figures told from their intervals."""
    found = [_WITH_TAIL.fullmatch(text) for text in column]
    digits = [sum(map(str.isdigit, match["tail"])) if match else 0 for match in found]
    return [
        Cell(match["head"], match["tail"], max(digits) - length) if match else Cell(text)
        for text, match, length in zip(column, found, digits, strict=True)
    ]
