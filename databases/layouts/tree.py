"""A tree of files whose layout is its owner's: names alone, no file is opened."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from posed_spontaneous.runtime.errors import InputError

SHOWN = 5


def existing_folder(root: Path | str) -> Path:
    """The folder itself.

    Raises:
        InputError: If there is none.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder, expected a database's: check root")
    return root


def files_below(root: Path) -> Iterator[Path]:
    """Every file below a folder in the order of names, hidden ones left out.

    Linked folders are entered too, but none that the way there has passed already, so links in a
    loop come to an end.
    """
    passed = {root: frozenset({root.resolve()})}
    for place, inner, names in os.walk(root, followlinks=True):
        here = Path(place)
        way = passed.pop(here)
        for name in inner:
            real = (here / name).resolve()
            if not name.startswith(".") and real not in way:
                passed[here / name] = way | {real}
        inner[:] = sorted(name for name in inner if here / name in passed)  # what os.walk enters
        yield from (here / name for name in sorted(names) if not name.startswith("."))


def naming(names: Sequence[object]) -> str:
    """The first few names, and how many there are beside them."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(str(name) for name in names[:SHOWN]) + more
