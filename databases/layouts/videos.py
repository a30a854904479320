"""User-supplied videos, listed in a table."""

from collections.abc import Generator, Sequence
from pathlib import Path

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.listing import Listing, columns_left
from posed_spontaneous.databases.recording import Recording, Video


class Videos(Listing):
    """A table ``videos.csv`` with the columns ``file``, ``subject`` and ``label``.

    The optional columns ``onset``, ``apex`` and ``offset`` are numbers of frames from 0; empty
    cells are derived.
    """

    table_name = "videos.csv"
    files = ("file",)
    suffixes = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"})

    def _recording(
        self, sample: str, paths: Sequence[Path], cells: dict[str, str], row: int
    ) -> Generator[Finding, None, Recording]:
        positions: dict[str, int | None] = {}
        for name in ("onset", "apex", "offset"):
            cell = cells.pop(name, "")
            positions[name] = int(cell) if cell.isdecimal() else None
            if cell and positions[name] is None:
                yield Finding(
                    check="key frames",
                    severity=Severity.WARNING,
                    message=f"{self.table}, row {row}: found {name} {cell!r}, expected the number "
                    "of a frame from 0: fix it, or it counts as unknown",
                    samples=(sample,),
                )
        return Recording(
            sample_id=sample,
            subject_id=cells.pop("subject"),
            label=cells.pop("label"),
            frames=Video(paths[0]),
            onset=positions["onset"],
            apex=positions["apex"],
            offset=positions["offset"],
            details=columns_left(cells),
        )
