"""The folder of a report, which always holds a complete report: the new one or the former one."""

from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from posed_spontaneous.reports.section import Chapter
from posed_spontaneous.reports.writing.formats import FORMATS, write_files
from posed_spontaneous.reports.writing.page import render_page
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.files import publish_folder, staging_folder

PAGE = "report.html"


def write_report(chapters: Sequence[Chapter], folder: Path, *, title: str) -> Path:
    """Write chapters as a page and as files, and replace the former report.

    The page is ``report.html``. Each chapter has a folder next to it with all tables as CSV,
    Markdown and LaTeX and all pictures as SVG and PDF. The same chapters give the same bytes.

    Args:
        chapters: The content of the report.
        folder: A folder for the report only: absent, empty or a former report.
        title: Heading of the page.

    Returns:
        Path of the page.

    Raises:
        InputError: If the folder holds other files, which would be deleted.
        FileExistsError: If two chapters, or two contents of a chapter, have the same name.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # If two processes write the same report, the second waits.
    with (
        FileLock(folder.with_name(f".{folder.name}.lock")),
        staging_folder(folder.parent, folder.name) as staging,
    ):
        refuse_foreign(folder)
        for chapter in chapters:
            (staging / chapter.name).mkdir()
            for section in chapter.sections:
                for content in section.contents:
                    write_files(content, chapter.notice, staging / chapter.name)
        page = render_page(chapters, staging, title=title)
        (staging / PAGE).write_text(page, encoding="utf-8", newline="\n")
        publish_folder(staging, folder, replace=True)
    return folder / PAGE


def refuse_foreign(folder: Path) -> None:
    """Check that a folder holds nothing but a report, so that a mistyped path deletes nothing.

    Hidden files, which file browsers create, are allowed.

    Raises:
        InputError: If it holds anything else.
    """
    found = [path for path in folder.glob("*") if not path.name.startswith(".")]
    is_report = folder / PAGE in found
    for path in sorted(found):
        files = list(path.iterdir()) if path.is_dir() else []
        is_chapter = path.is_dir() and all(f.is_file() and f.suffix in FORMATS for f in files)
        if not is_report or not (path.name == PAGE or is_chapter):
            raise InputError(
                f"{path}: not part of a report, and a report in {folder} would delete it: choose "
                "a folder for the report only"
            )
