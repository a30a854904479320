"""The cells of a table as text, the same on the page and in all files."""

import re

import pandas as pd

from posed_spontaneous.reports.numbers import MISSING

FLAG = "!"
FLAG_NOTE = f"Rows marked {FLAG} need attention."

_NUMBER = re.compile(r"(?:\bto\b|[\d\s.,:;()\[\]/±\N{EN DASH}\N{MINUS SIGN}+\-%<>=≤≥≈*†‡])*")


def cell_texts(rows: pd.DataFrame) -> list[list[str]]:
    """Each cell as one line of text, a missing one as a dash."""
    return [
        [MISSING if pd.isna(cell) else " ".join(str(cell).split()) for cell in row]
        for row in rows.itertuples(index=False, name=None)
    ]


def number_columns(rows: pd.DataFrame) -> list[bool]:
    """Return for each column whether it holds numbers, intervals included, and no words."""
    columns = list(zip(*cell_texts(rows), strict=True)) or [()] * len(rows.columns)
    return [
        all(map(_NUMBER.fullmatch, column)) and any(map(str.isdigit, "".join(column)))
        for column in columns
    ]
