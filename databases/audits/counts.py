"""Numbers of samples and subjects, and properties of the subjects."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding


@dataclass(frozen=True)
class Counts(Check):
    """Samples and subjects by label and by other columns; a warning if the paper differs.

    Args:
        columns: Columns to count samples by, if the manifest has them.
        smallest_class: Share of the samples below which a class is a warning, 0 to 1.
    """

    name = "counts"
    columns: Sequence[str]
    smallest_class: float

    def __call__(self, evidence: Evidence) -> Iterator[Finding | CheckTable]:
        rows, published = evidence.rows, evidence.published
        found = rows["label"].value_counts().sort_index()
        # User-supplied labels have no counterpart in the paper.
        same_labels = bool(set(published.labels) & set(found.index))
        labels = {*found.index, *(published.labels if same_labels else ())}
        counts: list[tuple[str, int, int | None]] = [
            ("subjects", rows["subject_id"].nunique(), published.subjects),
            ("samples", len(rows), published.samples),
        ] + [
            (f"samples of {label}", int(found.get(label, 0)), published.labels.get(label))
            for label in sorted(labels)
        ]
        source = f" compared with {published.source}" if published.source else ""
        yield CheckTable(
            f"Counts{source}", pd.DataFrame(counts, columns=["count", "here", "published"])
        )
        differing = [
            f"{here} {name} ({there} published)"
            for name, here, there in counts
            if there is not None and here != there
        ]
        if differing:
            yield self.warning(
                f"{', '.join(differing)}; source: {published.source or 'the paper'}: look for "
                "missing or additional samples, and report your own numbers"
            )
        if published.labels and not same_labels:
            yield self.note(
                f"labels {', '.join(found.index)} differ from the paper's "
                f"{', '.join(sorted(published.labels))}: their counts are not compared"
            )
        for label, count in found[found < self.smallest_class * len(rows)].items():
            yield self.warning(
                f"{count} of {len(rows)} samples are {label}: a system that never predicts it has "
                f"an error of {count / len(rows):.1%} only, so report balanced accuracy"
            )
        yield CheckTable("Samples per subject, by label", _by_label(rows))
        for column in self.columns:
            if column in rows and rows[column].notna().any():
                names = rows[column].astype(object).where(rows[column].notna(), "not given")
                crossed = pd.crosstab(names.astype(str), rows["label"]).reset_index()
                crossed.columns = [column, *map(str, crossed.columns[1:])]
                yield CheckTable(f"Samples by {column} and label", crossed)


@dataclass(frozen=True)
class Subjects(Check):
    """Too few subjects, subjects under two spellings, and subjects with one label only.

    Args:
        fewest: Number of subjects below which there is a warning.
        one_label: Share of subjects with one label only, 0 to 1, from which the finding is a
            warning: a network that recognises persons then predicts labels.
    """

    name = "subjects"
    fewest: int
    one_label: float

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
            find = self.warning if share >= self.one_label else self.note
            if share < 1:
                flagged = evidence.names(rows["subject_id"].isin(single).to_numpy())
                yield find(f"{message}compare systems on the other subjects too", flagged)
            else:
                yield find(f"{message}no subject is left to compare systems without this effect")


def _by_label(rows: pd.DataFrame) -> pd.DataFrame:
    sizes = rows.groupby(["label", "subject_id"]).size().groupby("label")
    table = sizes.agg(samples="sum", subjects="size", fewest="min", median="median", most="max")
    return table.reset_index()


def _respelled(names: pd.Series) -> list[list[str]]:
    """Names that differ only in capitals, white space or leading zeros."""
    spellings = pd.Series(sorted(names.astype(str).unique()))
    plain = spellings.map(lambda name: re.sub(r"\s+|(?<!\d)0+(?=\d)", "", name.casefold()))
    return [equal.tolist() for _, equal in spellings.groupby(plain) if len(equal) > 1]
