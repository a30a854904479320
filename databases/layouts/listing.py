"""Files listed in a user's table, one row per sample: shared by videos and pairs."""

import os
from abc import abstractmethod
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.layouts.folders import existing_folder, files_below, naming
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.tables import read_table


class Listing(Database):
    """A table with columns for files, ``subject``, ``label`` and, if wanted, ``sample_id``.

    Further columns become columns of the manifest. Case in column names is ignored.

    Args:
        root: Folder that the files' paths are relative to; all files must be inside.
        annotations: The table; None uses the one in ``root`` with the default name.

    Raises:
        InputError: If ``root`` is missing.
    """

    paper: ClassVar[str] = "the authors of the recordings"
    access: ClassVar[str] = "files of your own"
    published = Published()
    table_name: ClassVar[str]
    """The default table."""
    files: ClassVar[tuple[str, ...]]
    """Columns of paths."""
    suffixes: ClassVar[frozenset[str]]
    """Suffixes of files that should be listed."""

    def __init__(self, root: Path | str, annotations: Path | str | None) -> None:
        self.root = existing_folder(root)
        self.table = self.root / self.table_name if annotations is None else Path(annotations)

    def read(self) -> Iterator[Recording | Finding]:
        table = read_table(self.table, [*self.files, "subject", "label"])
        table.columns = table.columns.str.casefold()
        files = {str(path.relative_to(self.root)): path for path in files_below(self.root)}
        unlisted = {name for name, path in files.items() if path.suffix.lower() in self.suffixes}
        samples: dict[str, Recording] = {}
        for number, row in zip(table.index, table.to_dict("records"), strict=True):
            cells = {str(name): str(cell) for name, cell in row.items()}
            names = [self._below_root(cells.pop(column)) for column in self.files]
            unlisted -= set(names)
            sample = cells.pop("sample_id", "") or _sample_id(names)
            absent = [name for name in names if name not in files]
            blank = [name for name in ("subject", "label") if not cells[name]]
            if absent:
                expected = f"a file below {self.root}"
                yield exclusion(self.table, f"no {', '.join(absent)}", expected, row=number)
            elif blank:
                yield exclusion(self.table, f"no {' and no '.join(blank)}", "a value", row=number)
            elif sample in samples:
                found = f"sample {sample} again"
                yield exclusion(self.table, found, "a sample_id of its own", row=number)
            else:
                paths = [files[name] for name in names]
                samples[sample] = yield from self._recording(sample, paths, cells, number)
        if unlisted:
            yield Finding(
                check="excluded",
                severity=Severity.NOTE,
                message=f"{self.root}: files without a row in {self.table} ({len(unlisted)}): "
                f"{naming(sorted(unlisted))}",
            )
        # The order of the rows has no meaning.
        yield from (samples[sample] for sample in sorted(samples))

    @abstractmethod
    def _recording(
        self, sample: str, paths: Sequence[Path], cells: dict[str, str], row: int
    ) -> Generator[Finding, None, Recording]:
        """The recording of a row, and findings about it.

        Args:
            sample: Its id.
            paths: Its files, in the order of ``files``.
            cells: The row's other cells by column, at least subject and label.
            row: Its number in the table.
        """

    def _below_root(self, cell: str) -> str:
        # Dots are resolved by name, links are not: a link counts as a file in its own folder.
        place = cell.replace("\\", "/")  # a table made under Windows
        return os.path.relpath(self.root.absolute() / place, self.root.absolute())


def _sample_id(names: Sequence[str]) -> str:
    first, *_ = paths = [Path(name) for name in names]
    return "_".join([*first.parent.parts, *(path.stem for path in paths)])


def columns_left(cells: dict[str, str]) -> dict[str, str | float | None]:
    """The remaining columns of a row, as details of a recording."""
    return {name: cell or None for name, cell in cells.items()}
