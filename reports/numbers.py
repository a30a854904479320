"""Figures as text: the same digits for the same thing in every table and caption."""

import math

import pandas as pd

MISSING = "\N{EN DASH}"


def percent(share: float) -> str:
    """A share of 0 to 1 in percent: ``15.31``."""
    return MISSING if pd.isna(share) else f"{100 * share:.2f}"


def signed_percent(share: float) -> str:
    """A difference of shares in points of a hundred, with its sign: ``-2.10``."""
    return MISSING if pd.isna(share) else f"{100 * share:+.2f}".replace("-", "\N{MINUS SIGN}")


def percent_interval(low: float, high: float) -> str:
    """The ends of an interval of shares in percent: ``12.90 to 17.86``.

    An interval without width, as where nobody errs, says nothing and is not printed.
    """
    if not low < high:
        return MISSING
    return f"{100 * low:.2f} to {100 * high:.2f}".replace("-", "\N{MINUS SIGN}")


def decimal(value: float, digits: int = 3) -> str:
    """A number of a few digits: ``0.847``."""
    return MISSING if pd.isna(value) else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def p_value(p: float) -> str:
    """A p-value, never 0: ``0.031``, ``<0.001``."""
    if pd.isna(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def counted(number: int, thing: str) -> str:
    """A number of things in words: ``1 seed``, ``3 seeds``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def level_name(level: float) -> str:
    """A level as a reader knows it: ``95 %``."""
    return f"{100 * level:.{0 if math.isclose(100 * level, round(100 * level)) else 1}f} %"
