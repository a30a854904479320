"""What the data are: counts by class, subject and fold, and what is odd about them."""

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.sections.groups import ABSENT, name_groupings
from posed_spontaneous.reports.study import Study


def audit(study: Study) -> Section:
    """The tested samples as the runs recorded them.

    Args:
        study: The study.
    """
    samples = study.samples
    by_label = pd.crosstab(samples["subject_id"], samples["label"])
    lacking = by_label.index[(by_label == 0).any(axis=1)]
    fewest, most = by_label.sum(axis=1).min(), by_label.sum(axis=1).max()
    shown = str(most) if fewest == most else f"{fewest} to {most}"
    notes = [f"{study.sizes.capitalize()}; {shown} of each subject."]
    if len(lacking):
        notes.append(
            f"{counted(len(lacking), 'subject')} of {len(by_label)} show one class only: for them "
            "a network may learn who it is instead of what they do."
        )
    contents: list[Table | Picture] = [
        Table("folds", "Tested pairs by fold and class.", *_count(samples, "fold"))
    ]
    for column, name in name_groupings(samples).items():
        if column != "label":
            caption = f"Pairs by {column} and class."
            contents.append(Table(f"counts-{name}", caption, *_count(samples, column)))
    if len(by_label) > 1:
        contents.append(
            Picture("samples", "Pairs of each subject by class.", _draw(by_label)),
        )
    return Section("The data", contents, notes, _warn(study, samples))


def _count(samples: pd.DataFrame, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    groups = samples[column].astype(object).fillna(ABSENT).astype(str)
    by_label = pd.crosstab(groups, samples["label"])
    beside = pd.DataFrame(
        {
            "all classes": by_label.sum(axis=1),
            "subjects": samples.groupby(groups)["subject_id"].nunique(),
        }
    )
    group = pd.Series(by_label.index, name=column, index=by_label.index)
    # Beside one another, since a class may be called as any column.
    counts = pd.concat([group, by_label, beside], axis=1).reset_index(drop=True)
    return counts.astype(str), counts


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
