"""The paper's printed errors, and whether an interval of ours holds one."""

import re
from functools import cache
from pathlib import Path

import pandas as pd

PRINTED = Path(__file__).with_name("published.csv")
FEW, MANY = 40, 50
"""Training subjects: below the first the paper sees the smaller model ahead, above the second the
larger one (section 4.3)."""


@cache
def _read_printed() -> pd.DataFrame:
    return pd.read_csv(PRINTED)


def paper_order() -> list[str]:
    """Every system of the paper's tables, in their order."""
    return list(_read_printed()["system"].unique())


def find_table(protocol: str) -> int | None:
    """Number of the paper's table that a study stands beside; None if it has none.

    Args:
        protocol: Name of a protocol: Table 1 is of folds, Table 2 of one subject left out.
    """
    return {"fold": 1, "loso": 2}.get(re.sub(r"^\d+", "", protocol))


def printed_errors(table: int) -> pd.DataFrame:
    """Errors of a table, 0 to 1: a row a system, a column a database; nan where not printed."""
    printed = _read_printed()
    printed = printed[printed["table"] == table]
    errors = printed.pivot(index="system", columns="database", values="error") / 100
    return errors.loc[printed["system"].unique(), printed["database"].unique()]


def own_errors(database: str, protocol: str) -> pd.Series:
    """What the paper printed for this very database and protocol, 0 to 1, by system.

    Figures that it cites from other images than its own have a note and are left out.
    """
    printed = _read_printed()
    same = printed["database"].str.casefold() == database.casefold()
    rows = printed[same & (printed["protocol"] == protocol) & printed["note"].isna()]
    return rows.set_index("system")["error"] / 100


def printed_notes(table: int) -> list[str]:
    """What must be known of single figures of a table."""
    printed = _read_printed().dropna(subset=["note"])
    rows = printed[printed["table"] == table]
    return [f"{system}: {note}." for system, note in zip(rows["system"], rows["note"], strict=True)]


def judge(published: float, low: float, high: float) -> str | None:
    """Whether our interval holds a published error; None if it is a point, or there is none."""
    if not low < high:
        return None
    if low <= published <= high:
        return "yes"
    return "no, ours is higher" if published < low else "no, ours is lower"
