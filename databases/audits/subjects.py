"""Whether there are enough subjects, and whether they show all labels."""

import re
from collections.abc import Iterator

import pandas as pd

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding


class Subjects(Check):
    """Too few subjects, subjects under two spellings, and subjects with one label only.

    Args:
        fewest: Number of subjects below which there is a warning.
        one_label: Share of subjects with one label only, 0 to 1, from which the finding is a
            warning: a network that recognises persons then predicts labels.
    """

    name = "subjects"

    def __init__(self, fewest: int, one_label: float) -> None:
        self.fewest = fewest
        self.one_label = one_label

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        rows = evidence.rows
        labels = rows.groupby("subject_id")["label"].nunique()
        if len(labels) < self.fewest:
            yield self.warning(
                f"{len(labels)} subjects, expected {self.fewest} or more: intervals will be wide, "
                "and few differences will be significant"
            )
        for column in ("subject_id", "label"):
            for spellings in _respelled(rows[column]):
                yield self.warning(
                    f"{column} {' and '.join(spellings)} differ in spelling only: a person with "
                    "two names may be in training and test; if they are the same, correct one "
                    "with corrections=FILE",
                    evidence.names(rows[column].isin(spellings).to_numpy()),
                )
        single = labels.index[labels == 1]
        if len(single) and rows["label"].nunique() > 1:
            share = len(single) / len(labels)
            message = (
                f"{len(single)} of {len(labels)} subjects show one label only, so the person "
                "predicts the label: "
            )
            # A finding about all samples flags none of them.
            message, samples = (
                (
                    message + "compare systems on the other subjects too",
                    evidence.names(rows["subject_id"].isin(single).to_numpy()),
                )
                if share < 1
                else (message + "no subject is left to compare systems without this effect", ())
            )
            yield (self.warning if share >= self.one_label else self.note)(message, samples)


def _respelled(names: pd.Series) -> list[list[str]]:
    """Names that differ only in capitals, white space or leading zeros."""
    spellings = pd.Series(sorted(names.astype(str).unique()))
    plain = spellings.map(lambda name: re.sub(r"\s+|(?<!\d)0+(?=\d)", "", name.casefold()))
    return [equal.tolist() for _, equal in spellings.groupby(plain) if len(equal) > 1]
