"""The report's folder: a whole report or the former one, whatever happens on the way."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from posed_spontaneous.reports.section import Chapter
from posed_spontaneous.reports.writing.forms import FORMS, write_forms
from posed_spontaneous.reports.writing.page import render_page
from posed_spontaneous.runtime.errors import InputError

PAGE = "report.html"


def write_report(chapters: Sequence[Chapter], folder: Path, *, title: str) -> Path:
    """Write chapters as a page and as files, in place of the report that was there.

    The page is ``report.html``; beside it lies for each chapter a folder with every table as
    Markdown, CSV and LaTeX and every picture as SVG and PDF. The same chapters give the same
    bytes.

    Args:
        chapters: What the report says.
        folder: The report's folder, which it has for itself: absent, empty or a former report.
        title: Heading of the page.

    Returns:
        The page.

    Raises:
        InputError: If the folder holds anything else, which would be lost.
        FileExistsError: If two chapters, or two contents of a chapter, have one name.
    """
    folder = folder.resolve()
    with _replacing(folder) as aside:
        for chapter in chapters:
            (aside / chapter.name).mkdir()
            for section in chapter.sections:
                for content in section.contents:
                    write_forms(content, chapter.notice, aside / chapter.name)
        page = render_page(chapters, aside, title=title)
        (aside / PAGE).write_text(page, encoding="utf-8", newline="\n")
    return folder / PAGE


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Give a folder to write in, which takes the place of ``folder`` when the block ends well."""
    aside = folder.with_name(f".{folder.name}.unfinished")
    former = folder.with_name(f".{folder.name}.former")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Of two reports at once the second waits.
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if former.exists() and not folder.exists():
            former.rename(folder)  # an earlier call was killed between the two renames below
        refuse_foreign(folder)
        _remove(aside, former)
        aside.mkdir()
        try:
            yield aside
            if folder.exists():
                folder.rename(former)
            aside.rename(folder)
        finally:
            _remove(aside)
        _remove(former)


def _remove(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder with anything that no report has written: a mistyped path costs nothing.

    Args:
        folder: Where a report is to be written.

    Raises:
        InputError: If it holds anything else but hidden files, which file browsers leave.
    """
    if not folder.exists():
        return
    found = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    own = [file for file in found if file.name == PAGE]
    for chapter in [entry for entry in found if entry.is_dir()] if own else []:
        files = list(chapter.iterdir())
        if all(file.is_file() and file.suffix in FORMS for file in files):
            own.append(chapter)
    foreign = sorted(set(found) - set(own))
    if foreign:
        raise InputError(
            f"{foreign[0]}: no report wrote this, and writing one into {folder} would delete it: "
            "choose a folder for the report alone"
        )
