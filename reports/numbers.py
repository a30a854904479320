"""Numbers as text: the same number of digits for the same quantity in every table and caption."""

import math

import pandas as pd

MISSING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


def percent(share: float) -> str:
    """A fraction of 0 to 1 in percent: ``15.31``."""
    return MISSING if pd.isna(share) else f"{100 * share:.2f}"


def signed_percent(share: float) -> str:
    """A difference of fractions in percentage points, with its sign: ``-2.10``."""
    return MISSING if pd.isna(share) else _minus(f"{100 * share:+.2f}")


def percent_interval(low: float, high: float) -> str:
    """The ends of an interval of fractions in percent: ``12.90 to 17.86``.

    An interval without width, as without any error, has no information and is not printed.
    """
    return _minus(f"{100 * low:.2f} to {100 * high:.2f}") if low < high else MISSING


def percent_intervals(figures: pd.DataFrame) -> list[str]:
    """The intervals of a table with the columns ``low`` and ``high``, in percent."""
    return [percent_interval(*ends) for ends in zip(figures["low"], figures["high"], strict=True)]


def decimal(value: float, digits: int = 3) -> str:
    """A number with few digits: ``0.847``."""
    return MISSING if pd.isna(value) else _minus(f"{value:.{digits}f}")


def p_value(p: float) -> str:
    """A p-value, never 0: ``0.031``, ``<0.001``."""
    if pd.isna(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def counted(number: int, noun: str) -> str:
    """A number with a noun: ``1 seed``, ``3 seeds``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def level_name(level: float) -> str:
    """A level in percent: ``95 %``."""
    return f"{100 * level:.{0 if math.isclose(100 * level, round(100 * level)) else 1}f} %"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
