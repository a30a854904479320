"""The files that a table or a picture is handed on as."""

from pathlib import Path

from posed_spontaneous.reports.section import Picture, Table
from posed_spontaneous.reports.writing.drawing import draw_pdf, draw_svg
from posed_spontaneous.reports.writing.latex import latex_table
from posed_spontaneous.reports.writing.markdown import markdown_table

TABLE_FORMS = (".csv", ".md", ".tex")
PICTURE_FORMS = (".svg", ".pdf")
FORMS = TABLE_FORMS + PICTURE_FORMS


def write_forms(content: Table | Picture, notice: str, folder: Path) -> None:
    """Write a content's files; none may be there yet.

    Args:
        content: The table or picture.
        notice: What a reader must be told wherever its figures appear.
        folder: Where to write.
    """
    for suffix, form in _forms(content, notice).items():
        # Two contents of one name would otherwise be one, in silence.
        with (folder / f"{content.name}{suffix}").open("xb") as file:
            file.write(form)


def _forms(content: Table | Picture, notice: str) -> dict[str, bytes]:
    if isinstance(content, Picture):
        told = f"{content.caption} {notice}".strip()
        drawn = draw_svg(content.figure, told), draw_pdf(content.figure, told)
        return dict(zip(PICTURE_FORMS, drawn, strict=True))
    csv = content.figures.assign(notice=notice).to_csv(index=False, lineterminator="\n")
    texts = csv, markdown_table(content, notice), latex_table(content, notice)
    return dict(zip(TABLE_FORMS, (text.encode() for text in texts), strict=True))
