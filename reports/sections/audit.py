"""What the data are: counts by class, subject and fold, and what is odd about them."""

import pandas as pd
from matplotlib.figure import Figure

from reports.numbers import counted
from reports.section import Picture, Section, Table
from reports.sections.groups import find_groupings
from reports.study import Study


def audit(study: Study) -> Section:
    """The tested samples as the runs recorded them.

    Args:
        study: The study.
    """
    samples = study.samples
    by_label = pd.crosstab(samples["subject_id"], samples["label"])
    lacking = by_label.index[(by_label == 0).any(axis=1)]
    notes = [
        f"{study.sizes.capitalize()}. A subject shows {by_label.sum(axis=1).min()} to "
        f"{by_label.sum(axis=1).max()} pairs."
    ]
    if len(lacking):
        notes.append(
            f"{counted(len(lacking), 'subject')} of {len(by_label)} show one class only: for them "
            "a network may learn who it is instead of what they do."
        )
    contents: list[Table | Picture] = [
        Table("folds", "Tested pairs by fold and class.", *_count(samples, "fold"))
    ]
    for column in find_groupings(samples):
        if column != "label":
            name = f"counts-{column.replace('_', '-')}"
            caption = f"Pairs by {column.replace('_', ' ')} and class."
            contents.append(Table(name, caption, *_count(samples, column)))
    if len(by_label) > 1:
        contents.append(
            Picture("samples", "Pairs of each subject by class.", _draw(by_label)),
        )
    return Section("The data", contents, notes, _warn(study, samples))


def _count(samples: pd.DataFrame, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts = pd.crosstab(samples[column], samples["label"])
    counts["all"] = counts.sum(axis=1)
    counts["subjects"] = samples.groupby(column)["subject_id"].nunique()
    counts = counts.reset_index().rename_axis(columns=None)
    return counts.astype(str).rename(columns={column: column.replace("_", " ")}), counts


def _warn(study: Study, samples: pd.DataFrame) -> list[str]:
    by_fold = pd.crosstab(samples["fold"], samples["label"])
    if study.card.protocol != "loso" and (by_fold == 0).any(axis=None):
        lacking = ", ".join(map(str, by_fold.index[(by_fold == 0).any(axis=1)]))
        return [f"A class is missing from the test part of fold {lacking}."]
    return []


def _draw(by_label: pd.DataFrame) -> Figure:
    ordered = by_label.loc[by_label.sum(axis=1).sort_values(ascending=False).index]
    figure = Figure(figsize=(7.5, 2.2), layout="constrained")
    axes = figure.add_subplot()
    below = pd.Series(0, index=ordered.index)
    colors = ("#1b3a5c", "#e0a36b", "#6f8f72", "#9a6fa0", "#b3b3b3")
    for place, label in enumerate(ordered.columns):
        axes.bar(
            range(len(ordered)),
            ordered[label],
            bottom=below,
            width=0.9,
            color=colors[place % len(colors)],
            label=str(label),
        )
        below = below + ordered[label]
    axes.set_xticks([])
    axes.set_xlabel(f"{len(ordered)} subjects")
    axes.set_ylabel("pairs")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        frameon=False,
        fontsize=8,
        ncols=len(ordered.columns),
        loc="upper center",
        bbox_to_anchor=(0.5, 1.2),
    )
    return figure
