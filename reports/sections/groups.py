"""Whom and what the systems misjudge: errors by subject, emotion and other groups."""

import re

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study

ABSENT = "not given"
MOST_VALUES = 12
"""A column of more values is a measurement or a name, and no grouping."""


def groups(study: Study) -> Section | None:
    """Errors by subject, and by every column of the manifest that has a few values.

    Args:
        study: The study.

    Returns:
        None if no system of the table has all its folds.
    """
    if study.row_outcomes is None or not study.competitors:
        return None
    systems = {variant: system for system, variant in study.competitors.items()}
    said = study.predictions[study.predictions["variant"].isin(list(systems))]
    wrong = said["label"] != said["predicted"]
    system = said["variant"].map(systems)

    def errors_by(column: pd.Series) -> pd.DataFrame:
        """Share of wrong samples, 0 to 1: a row a system, a column a group."""
        errors = wrong.groupby([system, column], observed=True).mean().unstack()
        return pd.DataFrame(errors.loc[list(systems.values())])

    by_subject = errors_by(said["subject_id"])
    worst = by_subject.mean(axis=0).sort_values(ascending=False)
    contents: list[Table | Picture] = [
        Picture(
            "subjects",
            "Error by subject, the hardest first, seeds averaged: a column that is dark in every "
            "row is a person whom no system reads.",
            _draw_subjects(by_subject[worst.index]),
        )
    ]
    names = name_groupings(study.samples)
    for column, name in names.items():
        errors = errors_by(said[column].fillna(ABSENT))
        shares = study.samples[column].fillna(ABSENT).value_counts(normalize=True)
        contents.append(
            Table(
                f"by-{name}",
                f"Error by {column} in percent; in the last row the share of the samples.",
                _readable(errors, shares),
                errors.rename_axis(index="system", columns=None).reset_index(),
            )
        )
    return Section("Whom and what they misjudge", contents, _describe(wrong, said["subject_id"]))


def name_groupings(samples: pd.DataFrame) -> dict[str, str]:
    """Columns of 2 to 12 values that say something of a sample, and a file's name for each.

    Args:
        samples: What is known of the samples; a missing value counts as one.
    """
    known = {"sample_id", "subject_id", "fold", "tested"}
    columns = [column for column in samples.columns if column not in known]
    few = [c for c in columns if 2 <= samples[c].nunique(dropna=False) <= MOST_VALUES]
    slugs = [re.sub(r"\W+|_", "-", column.casefold()).strip("-") or "column" for column in few]
    return {
        column: slug if slugs.count(slug) == 1 else f"{slug}-{place}"
        for place, (column, slug) in enumerate(zip(few, slugs, strict=True), start=1)
    }


def _describe(wrong: pd.Series, subjects: pd.Series) -> list[str]:
    counts = wrong.groupby(subjects).sum().sort_values(ascending=False)
    if not counts.sum():
        return ["Nobody is misjudged."]
    half = int((counts.cumsum() < counts.sum() / 2).sum()) + 1
    return [
        f"Half of all errors are made on {counted(half, 'subject')} of {len(counts)}; the hardest "
        f"are {', '.join(map(str, counts.index[:3]))}."
    ]


def _readable(errors: pd.DataFrame, shares: pd.Series) -> pd.DataFrame:
    figures = pd.concat([errors, shares.to_frame("share of the samples").T])[errors.columns]
    cells = [[f"{100 * share:.1f}" for share in row] for row in figures.to_numpy(float)]
    rows = pd.DataFrame(cells, columns=figures.columns.astype(str))
    # Beside, since a group may be called as any column.
    return pd.concat([pd.Series(figures.index, name="System"), rows], axis=1)


def _draw_subjects(errors: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7.5, 1.2 + 0.3 * len(errors)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(
        100 * errors.to_numpy(),
        aspect="auto",
        cmap="magma_r",
        vmin=0,
        vmax=max(50, np.ceil(100 * errors.to_numpy().max())),
        interpolation="nearest",
    )
    axes.set_yticks(range(len(errors)), list(errors.index), fontsize=8)
    few = errors.shape[1] <= 25
    axes.set_xticks(
        range(errors.shape[1]) if few else [],
        list(errors.columns) if few else [],
        rotation=90,
        fontsize=7,
    )
    axes.set_xlabel(f"{errors.shape[1]} subjects, the hardest first", fontsize=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="error, %")
    return figure
