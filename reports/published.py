"""The paper's printed errors, the systems that they belong to, and their agreement with ours."""

import re
from pathlib import Path

import pandas as pd

from posed_spontaneous.runs import RunCard

PRINTED = Path(__file__).with_name("published.csv")
_PRINTED = pd.read_csv(PRINTED)

FEW, MANY = 40, 50
"""Training subjects: below the first the paper finds the smaller model better, above the second
the larger one (section 4.3)."""


def paper_systems(kind: str | None = None, operator: str | None = None) -> list[str]:
    """Systems of the paper's tables in their order: all, or those of a kind and an operator."""
    printed = _PRINTED.drop_duplicates("system")
    if kind is not None:
        same_operator = printed["operator"].fillna("") == (operator or "")
        printed = printed[(printed["kind"] == kind) & same_operator]
    return list(printed["system"])


def find_system(card: RunCard) -> str | None:
    """Name in the paper's tables of a run's system; None if it is not in them.

    A system with a comparison operator is identified by kind, operator and placement, any other
    one by kind and name.
    """
    same = _PRINTED["system"] == card.system
    if card.operator is not None:
        same = _PRINTED["placement"].fillna(0) == (card.placement or 0)
        same &= _PRINTED["operator"] == card.operator
    names = _PRINTED.loc[same & (_PRINTED["kind"] == card.kind), "system"]
    return None if names.empty else str(names.iloc[0])


def find_table(protocol: str) -> int | None:
    """Number of the paper's table with the same kind of protocol; None if there is none.

    Args:
        protocol: Name of a protocol: Table 1 is k-fold, Table 2 leave-one-subject-out.
    """
    return {"fold": 1, "loso": 2}.get(re.sub(r"^\d+", "", protocol))


def printed_errors(table: int) -> pd.DataFrame:
    """Errors of a table, 0 to 1: a row per system, a column per database; nan if not printed."""
    printed = _PRINTED[_PRINTED["table"] == table]
    errors = printed.pivot(index="system", columns="database", values="error") / 100
    return errors.loc[printed["system"].unique(), printed["database"].unique()]


def published_errors(database: str, protocol: str) -> pd.Series:
    """Errors that the paper printed for a database and a protocol, 0 to 1, by system.

    Errors that it cites from publications with other images, which have a note, are excluded.
    """
    same = _PRINTED["database"].str.casefold() == database.casefold()
    rows = _PRINTED[same & (_PRINTED["protocol"] == protocol) & _PRINTED["note"].isna()]
    return rows.set_index("system")["error"] / 100


def printed_notes(table: int) -> list[str]:
    """Notes on single errors of a table."""
    rows = _PRINTED[_PRINTED["table"] == table].dropna(subset=["note"])
    return [f"{system}: {note}." for system, note in zip(rows["system"], rows["note"], strict=True)]


def agreement(published: float, low: float, high: float) -> str | None:
    """Whether our interval contains a published error; None if there is no interval or no error."""
    if not low < high or pd.isna(published):
        return None
    if low <= published <= high:
        return "yes"
    return "no, ours is higher" if published < low else "no, ours is lower"
