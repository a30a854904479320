"""The interface of a database."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.recording import Recording


@dataclass(frozen=True, kw_only=True)
class Published:
    """Counts in a database's paper; None or absent if it states none.

    Attributes:
        subjects: Number of subjects.
        samples: Number of samples.
        labels: Number of samples of each label.
        source: Source of the counts.
    """

    subjects: int | None = None
    samples: int | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    source: str = ""


class Database(ABC):
    """Layout and annotations of one database.

    A subclass takes ``root: Path | str``, the folder of the database, and further options. It
    reads names and annotation files, never an image.
    """

    paper: ClassVar[str]
    """The paper to cite."""
    access: ClassVar[str]
    """How access is requested."""
    published: Published
    """Counts of its paper."""

    @abstractmethod
    def read(self) -> Iterator[Recording | Finding]:
        """Every sample in the order of names, and a finding for each that cannot be read.

        Raises:
            InputError: If the folder or an annotation file is missing or has another format.
        """
