"""Names of persons and classes that look like one name in several spellings."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from posed_spontaneous.runtime.errors import InputError

MISSING_VALUES = frozenset(
    {"#n/a", "#na", "-nan", "<na>", "n/a", "na", "nan", "none", "null", "?", "-", "--"}
)
"""Texts that programs and people write into a cell without a value, in lower case."""


def canonical_name(name: str) -> str:
    """What a name has in common with other spellings of it.

    Accents are composed, case and repeated spaces are ignored, and so are leading zeros of numbers
    and the decimals of a whole number: ``Zoé 01`` and ``zoe\u0301 1`` have the same canonical name,
    and so have ``1``, ``001`` and ``1.0``.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    plain = unicodedata.normalize("NFC", plain)
    if whole := re.fullmatch(r"(\d+)\.0*", plain):
        plain = whole[1]
    return re.sub(r"(?<![\d.])0+(?=\d)", "", plain)


def check_spellings(place: str, column: str, names: Iterable[str]) -> None:
    """Check that no two names look like one name in two spellings, and that none is a placeholder.

    A person with two names would be in several folds, and a class with two names would be two.

    Args:
        place: The file, for messages.
        column: What the names are, for messages.
        names: The names of all samples.

    Raises:
        InputError: If two names have the same canonical name, or a name stands for a missing value.
    """
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        spellings[canonical_name(name)].append(name)
    several = [", ".join(map(_show, sorted(group))) for group in spellings.values() if group[1:]]
    if several:
        more = f" and {len(several) - 3} more" if several[3:] else ""
        raise InputError(
            f"{place}: {column} has names that differ only in spelling ({'; '.join(several[:3])}"
            f"{more}), expected one spelling of each: rename them, or if they are different, give "
            "them different names"
        )
    if missing := sorted(MISSING_VALUES & spellings.keys()):
        found = spellings[missing[0]][0]
        raise InputError(
            f"{place}: {column} {found!r} looks like a missing value, expected a name: fill it in, "
            "delete the rows, or use another name"
        )


def _show(name: str) -> str:
    # Composed and decomposed accents look the same unless they are escaped.
    return ascii(name) if any(map(unicodedata.combining, name)) else repr(name)
