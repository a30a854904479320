"""The file formats of tables and pictures."""

from pathlib import Path

from posed_spontaneous.reports.section import Picture, Table
from posed_spontaneous.reports.writing.cells import FLAG, FLAG_NOTE, cell_texts, number_columns
from posed_spontaneous.reports.writing.latex import latex_table
from posed_spontaneous.reports.writing.vector_graphics import draw_pdf, draw_svg
from posed_spontaneous.runtime.markdown import escape_markdown, markdown_table

TABLE_FORMATS = (".csv", ".md", ".tex")
PICTURE_FORMATS = (".svg", ".pdf")
FORMATS = TABLE_FORMATS + PICTURE_FORMATS


def write_files(content: Table | Picture, notice: str, folder: Path) -> None:
    """Write a table or a picture in all its formats.

    Args:
        content: The table or picture.
        notice: Text that every file repeats; may be empty.
        folder: Destination of the files.

    Raises:
        FileExistsError: If a file exists, since two contents of a chapter have the same name.
    """
    for suffix, data in _encode(content, notice).items():
        with (folder / f"{content.name}{suffix}").open("xb") as file:
            file.write(data)


def _encode(content: Table | Picture, notice: str) -> dict[str, bytes]:
    if isinstance(content, Picture):
        text = f"{content.caption} {notice}".strip()
        drawings = draw_svg(content.figure, text), draw_pdf(content.figure, text)
        return dict(zip(PICTURE_FORMATS, drawings, strict=True))
    texts = _csv(content, notice), _markdown(content, notice), latex_table(content, notice)
    return dict(zip(TABLE_FORMATS, (text.encode() for text in texts), strict=True))


def _csv(table: Table, notice: str) -> str:
    """The numbers in the units of the printed table, which the names of the columns state."""
    numbers = table.figures.assign(notice=notice)
    for name in table.percent:
        numbers[name] = (100 * numbers[name].astype(float)).round(10)  # 20.57, not 20.5699…
    names = {name: f"{name}_percent" for name in table.percent}
    return numbers.rename(columns=names).to_csv(index=False, lineterminator="\n")


def _markdown(table: Table, notice: str) -> str:
    rows = [[escape_markdown(cell) for cell in row] for row in cell_texts(table.rows)]
    for position in table.flagged:
        rows[position][0] = f"**{FLAG}** {rows[position][0]}"
    parts = [
        escape_markdown(table.caption),
        notice and f"**{escape_markdown(notice)}**",
        markdown_table(list(map(str, table.rows.columns)), rows, number_columns(table.rows)),
        FLAG_NOTE if table.flagged else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"
