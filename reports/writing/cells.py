"""What every form of a table shares: its cells as text, its columns of numbers, its flag."""

import re

import pandas as pd

from posed_spontaneous.reports.numbers import MISSING

FLAG = "!"
FLAG_NOTE = f"Rows marked {FLAG} need attention."

_FIGURES = re.compile(r"[\d\s.,:;()\[\]/±\N{EN DASH}\N{MINUS SIGN}+\-%<>=≤≥≈*†‡]*")


def cell_texts(rows: pd.DataFrame) -> list[list[str]]:
    """The cells as text on one line each, missing ones as a dash."""
    return [
        [MISSING if pd.isna(cell) else " ".join(str(cell).split()) for cell in row]
        for row in rows.itertuples(index=False, name=None)
    ]


def number_columns(rows: pd.DataFrame) -> list[bool]:
    """For each column, whether it holds figures: digits with their signs, and no word."""
    columns = [list(column) for column in zip(*cell_texts(rows), strict=True)]
    if not columns:
        return [False] * len(rows.columns)
    return [
        all(_FIGURES.fullmatch(cell) for cell in column)
        and any(character.isdigit() for cell in column for character in cell)
        for column in columns
    ]
