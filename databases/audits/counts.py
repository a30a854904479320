"""Numbers of samples and subjects, compared with those of the paper."""

from collections.abc import Iterator, Sequence

import pandas as pd

from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding


class Counts(Check):
    """Samples and subjects by label and by other columns; a warning if the paper differs.

    Args:
        columns: Columns to count samples by, if the manifest has them.
    """

    name = "counts"

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

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
        yield CheckTable("Samples per subject, by label", _by_label(rows))
        for column in self.columns:
            if column in rows and rows[column].notna().any():
                names = rows[column].astype(object).where(rows[column].notna(), "not given")
                crossed = pd.crosstab(names.astype(str), rows["label"]).reset_index()
                crossed.columns = [column, *map(str, crossed.columns[1:])]
                yield CheckTable(f"Samples by {column} and label", crossed)


def _by_label(rows: pd.DataFrame) -> pd.DataFrame:
    sizes = rows.groupby(["label", "subject_id"]).size().groupby("label")
    table = sizes.agg(samples="sum", subjects="size", fewest="min", median="median", most="max")
    return table.reset_index()
