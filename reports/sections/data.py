"""The tested samples: numbers by class, subject, fold and other columns."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import CORRECT, ESTIMATE, REFERENCE_LINE, SECOND, WARNING
from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.sections.groups import ABSENT, name_groupings
from posed_spontaneous.reports.study import Study

COLORS: list[Any] = [ESTIMATE, SECOND, CORRECT, REFERENCE_LINE, WARNING]


def data(study: Study) -> Section:
    """Numbers of the tested samples, as the runs stored them."""
    samples = study.samples
    by_label = pd.crosstab(samples["subject_id"], samples["label"])
    lacking = by_label.index[(by_label == 0).any(axis=1)]
    fewest, most = by_label.sum(axis=1).min(), by_label.sum(axis=1).max()
    shown = str(most) if fewest == most else f"{fewest} to {most}"
    notes = [f"{study.sizes}; {shown} of each subject."]
    if len(lacking):
        notes.append(
            f"{counted(len(lacking), 'subject')} of {len(by_label)} with one class only: a "
            "network may recognize the subject instead of the expression."
        )
    contents: list[Table | Picture] = [
        Table("folds", "Tested pairs by fold and class.", *_count(samples, "fold"))
    ]
    for column, name in name_groupings(samples).items():
        if column != "label":
            caption = f"Pairs by {column} and class."
            contents.append(Table(f"counts-{name}", caption, *_count(samples, column)))
    if len(by_label) > 1:
        contents.append(Picture("samples", "Pairs of each subject by class.", _draw(by_label)))
    by_fold = pd.crosstab(samples["fold"], samples["label"])
    incomplete = by_fold.index[(by_fold == 0).any(axis=1)]
    folds = ", ".join(map(str, incomplete)) if study.card.protocol != "loso" else ""
    warnings = [f"A class is missing from the test part of fold {folds}."] if folds else []
    return Section("The data", contents, notes, warnings)


def _count(samples: pd.DataFrame, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    values = samples[column].astype(object).fillna(ABSENT).astype(str)
    by_label = pd.crosstab(values, samples["label"])
    totals = pd.DataFrame(
        {
            "all classes": by_label.sum(axis=1),
            "subjects": samples.groupby(values)["subject_id"].nunique(),
        }
    )
    value = pd.Series(by_label.index, name=column, index=by_label.index)
    # Concatenated, because a class may have the name of another column.
    counts = pd.concat([value, by_label, totals], axis=1).reset_index(drop=True)
    return counts.astype(str), counts


def _draw(by_label: pd.DataFrame) -> Figure:
    ordered = by_label.loc[by_label.sum(axis=1).sort_values(ascending=False).index]
    figure = Figure(figsize=(7.5, 2.2), layout="constrained")
    axes = figure.add_subplot()
    ordered.plot.bar(stacked=True, width=0.9, color=COLORS, legend=False, ax=axes)
    axes.set_xticks([])
    axes.set_xlabel(f"{len(ordered)} subjects")
    axes.set_ylabel("pairs")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=8, frameon=False, fontsize=8)
    return figure
