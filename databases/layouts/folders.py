"""What lies in the folders of a database, in the order of names."""

from collections.abc import Iterable
from pathlib import Path

from posed_spontaneous.databases.recording import natural_order
from posed_spontaneous.runtime.errors import InputError

IMAGES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff"})


def expected_folder(database: str, root: Path, *names: str) -> Path:
    """The first of the names that is a folder of the database's root.

    Args:
        database: What the root should be, for the message.
        root: The database's folder.
        *names: What its folder may be called, since copies of a database differ.

    Raises:
        InputError: If the root is missing, or none of the names is one of its folders.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder, expected {database}: check root")
    for name in names:
        if (root / name).is_dir():
            return root / name
    found = ", ".join(path.name for path in _in_order(root.iterdir())) or "nothing"
    raise InputError(
        f"{root}: found {found[:200]}, expected a folder {' or '.join(names)}: set root to the "
        f"folder of {database} that holds it"
    )


def folders_in(folder: Path) -> list[Path]:
    """The folders of a folder, none if it is missing."""
    return _in_order(path for path in _visible(folder) if path.is_dir())


def images_in(folder: Path) -> list[Path]:
    """The image files of a folder in the order of time, none if it is missing."""
    return files_in(folder, IMAGES)


def files_in(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    """The files of a folder with one of the lower-case suffixes, none if it is missing."""
    known = set(suffixes)
    return _in_order(path for path in _visible(folder) if path.suffix.lower() in known)


def _visible(folder: Path) -> Iterable[Path]:
    # Archives made on a Mac hold a hidden twin, ._NAME, of every file.
    paths = folder.iterdir() if folder.is_dir() else ()
    return (path for path in paths if not path.name.startswith("."))


def _in_order(paths: Iterable[Path]) -> list[Path]:
    # The name itself decides between names of one number, such as 01 and 1.
    return sorted(paths, key=lambda path: (natural_order(path), path.name))
