"""Files and folders of a database, by their names only: no file is opened."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from posed_spontaneous.databases.recording import natural_order
from posed_spontaneous.runtime.errors import InputError

SHOWN = 5

IMAGES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff"})


def expected_folder(database: str, root: Path, *names: str) -> Path:
    """The first of the names that is a folder in the root of a database.

    Args:
        database: Name of the database, for the message.
        root: The database's folder.
        *names: Possible names, since copies of a database differ.

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
        f"folder of {database} that contains it"
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
    # Archives made on macOS contain a hidden file ._NAME for every file.
    paths = folder.iterdir() if folder.is_dir() else ()
    return (path for path in paths if not path.name.startswith("."))


def _in_order(paths: Iterable[Path]) -> list[Path]:
    # The name orders names of one number, such as 01 and 1.
    return sorted(paths, key=lambda path: (natural_order(path), path.name))


def existing_folder(root: Path | str) -> Path:
    """The folder, as a path.

    Raises:
        InputError: If there is none.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder, expected a database's: check root")
    return root


def files_below(root: Path) -> Iterator[Path]:
    """Every file below a folder in the order of names, except hidden files.

    Links to folders are followed, except to a folder on the path, so that loops end.
    """
    seen = {root: frozenset({root.resolve()})}
    for place, inner, names in os.walk(root, followlinks=True):
        here = Path(place)
        path = seen.pop(here)
        for name in inner:
            real = (here / name).resolve()
            if not name.startswith(".") and real not in path:
                seen[here / name] = path | {real}
        inner[:] = sorted(name for name in inner if here / name in seen)  # os.walk enters these
        yield from (here / name for name in sorted(names) if not name.startswith("."))


def naming(names: Sequence[object]) -> str:
    """The first few names, and the number of further ones."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(str(name) for name in names[:SHOWN]) + more
