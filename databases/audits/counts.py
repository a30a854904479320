"""How many samples and subjects there are, against the paper's counts."""

from collections.abc import Iterator, Sequence

import pandas as pd

from posed_spontaneous.databases.audits.evidence import Evidence, Table
from posed_spontaneous.databases.findings import Finding, Severity


class Counts:
    """Samples and subjects by label and by other columns; a warning where the paper differs.

    Args:
        columns: Columns to count samples by, where the manifest has them.
    """

    CHECK = "counts"

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def __call__(self, evidence: Evidence) -> Iterator[Finding | Table]:
        rows, published = evidence.rows, evidence.published
        found = rows["label"].value_counts().sort_index()
        counts: list[tuple[str, int, int | None]] = [
            ("subjects", rows["subject_id"].nunique(), published.subjects),
            ("samples", len(rows), published.samples),
        ]
        # Labels of the user's own making have no counterpart in the paper.
        same_question = bool(set(published.labels) & set(found.index))
        labels = {**found, **dict.fromkeys(published.labels)} if same_question else dict(found)
        counts += [
            (f"samples of {label}", int(found.get(label, 0)), published.labels.get(label))
            for label in sorted(labels)
        ]
        table = pd.DataFrame(counts, columns=["count", "here", "published"])
        yield Table("Counts" + f", beside {published.source}" * bool(published.source), table)
        differing = [
            f"{here} {name} ({there} published)"
            for name, here, there in counts
            if there is not None and here != there
        ]
        if differing:
            yield Finding(
                check=self.CHECK,
                severity=Severity.WARNING,
                message=f"{', '.join(differing)}; source: {published.source or 'the paper'}: look "
                "for what was left out or added, and state your own numbers",
            )
        if published.labels and not same_question:
            yield Finding(
                check=self.CHECK,
                severity=Severity.NOTE,
                message=f"labels {', '.join(found.index)} are not the paper's "
                f"{', '.join(sorted(published.labels))}: their counts are not compared",
            )
        yield Table("Samples a subject, by label", _by_label(rows))
        for column in self.columns:
            if column in rows and rows[column].notna().any():
                names = rows[column].astype(object).where(rows[column].notna(), "not given")
                crossed = pd.crosstab(names.astype(str), rows["label"])
                crossed = crossed.reset_index().rename(columns={column: column})
                crossed.columns = [column, *map(str, crossed.columns[1:])]
                yield Table(f"Samples by {column} and label", crossed)


def _by_label(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows.groupby(["label", "subject_id"]).size().groupby("label")
    return (
        pd.DataFrame(
            {
                "samples": shown.sum(),
                "subjects": shown.size(),
                "fewest": shown.min(),
                "median": shown.median(),
                "most": shown.max(),
            }
        )
        .rename_axis("label")
        .reset_index()
    )
