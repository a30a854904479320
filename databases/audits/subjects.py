"""Whether the subjects can carry an experiment."""

import re
from collections.abc import Iterator

import pandas as pd

from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding, Severity


class Subjects:
    """Too few subjects, and subjects who show one label only.

    Args:
        fewest: Number of subjects below which there is a warning.
        one_label: Share of the subjects who show one label only, 0 to 1, at which the finding is
            a warning: what a network knows of persons then tells it labels.
    """

    CHECK = "subjects"

    def __init__(self, fewest: int, one_label: float) -> None:
        self.fewest = fewest
        self.one_label = one_label

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        subjects = evidence.rows["subject_id"]
        labels = evidence.rows.groupby("subject_id")["label"].nunique()
        if len(labels) < self.fewest:
            yield Finding(
                check=self.CHECK,
                severity=Severity.WARNING,
                message=f"{len(labels)} subjects, expected {self.fewest} or more: intervals will "
                "be wide, and few differences can be told from chance",
            )
        for column in ("subject_id", "label"):
            for alike in _spelt_alike(evidence.rows[column]):
                names = evidence.rows[column].isin(alike).to_numpy()
                yield Finding(
                    check=self.CHECK,
                    severity=Severity.WARNING,
                    message=f"{column} {' and '.join(alike)} differ in spelling only, expected one "
                    "name for one thing: a person under two names may stand in training and test; "
                    "correct one with corrections=FILE, if they are the same",
                    samples=evidence.names(names),
                )
        single = labels.index[labels == 1]
        if len(single) and evidence.rows["label"].nunique() > 1:
            share = len(single) / len(labels)
            advice = (
                "so compare systems on the other subjects too"
                if share < 1
                else "and nobody is left on whom to compare systems without that"
            )
            yield Finding(
                check=self.CHECK,
                severity=Severity.WARNING if share >= self.one_label else Severity.NOTE,
                message=f"{len(single)} of {len(labels)} subjects show one label only: who it is "
                f"tells the label, {advice}",
                # What all samples share marks none of them.
                samples=evidence.names(subjects.isin(single).to_numpy()) if share < 1 else (),
            )


def _spelt_alike(names: pd.Series) -> list[list[str]]:
    """Names that differ in capitals, blanks or leading zeros alone."""
    spellings = pd.Series(sorted(names.astype(str).unique()))
    plain = spellings.map(lambda name: re.sub(r"\s+|(?<!\d)0+(?=\d)", "", name.casefold()))
    return [alike.tolist() for _, alike in spellings.groupby(plain) if len(alike) > 1]
