"""What every database must tell; all that follows is shared."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.recording import Recording


@dataclass(frozen=True, kw_only=True)
class Published:
    """Counts that a database's paper states; None or absent where it states none.

    Attributes:
        subjects: Number of subjects.
        samples: Number of samples.
        labels: Number of samples of each label.
        source: Where the counts stand.
    """

    subjects: int | None = None
    samples: int | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    source: str = ""


class Database(ABC):
    """One database's layout and annotations.

    A subclass takes ``root: Path | str``, its folder, and whatever else its layout leaves open.
    It reads names and annotation files, never an image.
    """

    paper: ClassVar[str]
    """Whom to cite."""
    access: ClassVar[str]
    """How a researcher gets it."""
    published: Published
    """What its paper counts."""

    @abstractmethod
    def read(self) -> Iterator[Recording | Finding]:
        """Every sample in the order of its names, and a finding for each that cannot be told.

        Raises:
            InputError: If the folder or an annotation file as a whole is missing or is not what
                it should be.
        """
