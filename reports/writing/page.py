"""A report as one page without any external resource."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from posed_spontaneous.drawing import style
from posed_spontaneous.reports.section import Chapter, Picture, Table
from posed_spontaneous.reports.writing.cells import FLAG, FLAG_NOTE, cell_texts, number_columns
from posed_spontaneous.reports.writing.formats import PICTURE_FORMATS, TABLE_FORMATS
from posed_spontaneous.reports.writing.vector_graphics import inline_svg

_VALUE_WITH_INTERVAL = re.compile(r"(\S+) ([(\[±].*)")


def render_page(chapters: Sequence[Chapter], folder: Path, *, title: str) -> str:
    """Render chapters as HTML.

    Args:
        chapters: The content of the report.
        folder: Folder of the page, with the files of all contents in a folder for each chapter.
            The page includes the pictures and links to all files.
        title: Heading of the page.
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
        return inline_svg(file.read_bytes(), prefix=prefix, label=picture.caption)

    return environment.get_template("page.html.j2").render(
        title=title,
        chapters=chapters,
        style=style,
        flag=FLAG,
        flag_note=FLAG_NOTE,
        draw=draw,
        addresses=_addresses,
        number_columns=number_columns,
        rows=_rows,
    )


def _addresses(chapter: Chapter, content: Table | Picture) -> dict[str, str]:
    """The addresses of the files of a content, relative to the page, by format."""
    suffixes = PICTURE_FORMATS if isinstance(content, Picture) else TABLE_FORMATS
    stem = f"{quote(chapter.name)}/{quote(content.name)}"
    return {suffix[1:]: f"{stem}{suffix}" for suffix in suffixes}


def _rows(table: Table) -> list[tuple[str, ...]]:
    """The rows of a table with cells as HTML."""
    columns = zip(*cell_texts(table.rows), strict=True)
    kinds = zip(columns, number_columns(table.rows), strict=False)  # no columns without rows
    return list(
        zip(*(_mute(column) if number else column for column, number in kinds), strict=True)
    )


def _mute(column: Sequence[str]) -> list[Markup]:
    """Mute intervals, with equal widths, so that the values before them are aligned."""
    found = [_VALUE_WITH_INTERVAL.fullmatch(text) for text in column]
    longest = max(len(match[2]) if match else 0 for match in found)
    muted = Markup('{} <small style="padding-left: {}ch">{}</small>')
    return [
        muted.format(match[1], longest - len(match[2]), match[2]) if match else escape(text)
        for text, match in zip(column, found, strict=True)
    ]
