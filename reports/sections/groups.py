"""Errors by subject, and by emotion or any other column of the manifest with few values."""

import re

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import ERRORS
from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study

ABSENT = "not given"
MOST_VALUES = 12
"""A column with more values is a measurement or a name, not a grouping."""


def groups(study: Study) -> Section | None:
    """Errors by subject and by columns with few values; None without a compared system."""
    if not study.compared:
        return None
    labels = {variant.name: variant.label for variant in study.compared}
    tested = study.predictions[study.predictions["variant"].isin(list(labels))]
    wrong = tested["label"] != tested["predicted"]
    system = tested["variant"].map(labels).rename("system")

    def errors_by(column: pd.Series) -> pd.DataFrame:
        """Fraction of wrong samples, 0 to 1: a row per system, a column per group."""
        errors = wrong.groupby([system, column], observed=True).mean().unstack()
        return pd.DataFrame(errors.loc[list(labels.values())])

    by_subject = errors_by(tested["subject_id"])
    hardest = by_subject.mean().sort_values(ascending=False).index
    contents: list[Table | Picture] = [
        Picture(
            "subjects",
            "Error by subject, averaged over seeds, the subject with most errors first. A column "
            "that is dark in every row is a subject that no system classifies well.",
            _draw_subjects(by_subject[hardest]),
        )
    ]
    for column, name in name_groupings(study.samples).items():
        errors = errors_by(tested[column].fillna(ABSENT))
        shares = study.samples[column].fillna(ABSENT).value_counts(normalize=True)
        rows, figures = _readable(errors, shares), errors.rename_axis(columns=None).reset_index()
        caption = f"Error by {column} in percent. The last row is the share of the samples."
        percent = list(figures.columns[1:])
        contents.append(Table(f"by-{name}", caption, rows, figures, percent=percent))
    notes = [_describe(wrong.groupby(tested["subject_id"]).sum())]
    return Section("Errors by subject and group", contents, notes)


def name_groupings(samples: pd.DataFrame) -> dict[str, str]:
    """Columns with 2 to 12 values that describe a sample, and a file name for each.

    Args:
        samples: Columns of the manifest for each sample; a missing value counts as one value.
    """
    known = {"sample_id", "subject_id", "fold", "tested"}
    columns = [column for column in samples.columns if column not in known]
    few = [c for c in columns if 2 <= samples[c].nunique(dropna=False) <= MOST_VALUES]
    slugs = [re.sub(r"\W+|_", "-", column.casefold()).strip("-") or "column" for column in few]
    return {
        column: slug if slugs.count(slug) == 1 else f"{slug}-{place}"
        for place, (column, slug) in enumerate(zip(few, slugs, strict=True), start=1)
    }


def _describe(errors: pd.Series) -> str:
    counts = errors.sort_values(ascending=False)
    if not counts.sum():
        return "There are no errors."
    half = int((counts.cumsum() < counts.sum() / 2).sum()) + 1
    return (
        f"Half of all errors are on {counted(half, 'subject')} of {len(counts)}. Most errors are "
        f"on {', '.join(map(str, counts.index[:3]))}."
    )


def _readable(errors: pd.DataFrame, shares: pd.Series) -> pd.DataFrame:
    figures = pd.concat([errors, shares.to_frame("share of the samples").T])[errors.columns]
    cells = (100 * figures).map("{:.1f}".format).reset_index(drop=True)
    cells.columns = cells.columns.astype(str)
    # Concatenated, because a group may have the name of another column.
    return pd.concat([pd.Series(figures.index, name="System"), cells], axis=1)


def _draw_subjects(errors: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7.5, 1.2 + 0.3 * len(errors)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(
        100 * errors.to_numpy(),
        aspect="auto",
        cmap=ERRORS,
        vmin=0,
        vmax=max(50, np.ceil(100 * errors.to_numpy().max())),
        interpolation="nearest",
    )
    axes.set_yticks(range(len(errors)), list(errors.index), fontsize=8)
    names = list(errors.columns) if errors.shape[1] <= 25 else []
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_xlabel(f"{errors.shape[1]} subjects, most errors first", fontsize=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="error, %")
    return figure
