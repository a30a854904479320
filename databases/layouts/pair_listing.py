"""User-supplied pairs of images, listed in a table."""

from collections.abc import Generator, Sequence
from pathlib import Path

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts.folders import IMAGES
from posed_spontaneous.databases.layouts.listing import Listing, columns_left
from posed_spontaneous.databases.recording import Recording


class PairListing(Listing):
    """A table ``pairs.csv`` with the columns ``onset``, ``apex``, ``subject`` and ``label``."""

    table_name = "pairs.csv"
    files = ("onset", "apex")
    suffixes = IMAGES

    def _recording(
        self, sample: str, paths: Sequence[Path], cells: dict[str, str], row: int
    ) -> Generator[Finding, None, Recording]:
        yield from ()
        return Recording(
            sample_id=sample,
            subject_id=cells.pop("subject"),
            label=cells.pop("label"),
            frames=paths,
            onset=0,
            apex=1,
            details=columns_left(cells),
        )
