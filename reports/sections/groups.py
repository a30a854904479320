"""Whom and what the systems misjudge: errors by subject, emotion and other groups."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from reports.numbers import counted
from reports.section import Picture, Section, Table
from reports.study import Study

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
    rows = study.predictions[study.predictions["variant"].isin(list(systems))]
    wrong = rows.assign(
        system=rows["variant"].map(systems), wrong=rows["label"] != rows["predicted"]
    )
    by_subject = _errors(wrong, "subject_id", list(systems.values()))
    worst = by_subject.mean(axis=0).sort_values(ascending=False)
    notes = [
        f"Half of all errors are made on {counted(_half(wrong), 'subject')} of "
        f"{by_subject.shape[1]}; the hardest are {', '.join(map(str, worst.index[:3]))}."
    ]
    contents: list[Table | Picture] = [
        Picture(
            "subjects",
            "Error by subject, the hardest first, seeds averaged: a column that is dark in every "
            "row is a person whom no system reads.",
            _draw_subjects(by_subject[worst.index]),
        )
    ]
    for column in find_groupings(study.samples):
        errors = _errors(wrong, column, list(systems.values()))
        contents.append(
            Table(
                f"by-{column.replace('_', '-')}",
                f"Error by {column.replace('_', ' ')} in percent; in the last row the share of "
                "the samples.",
                _readable(errors, study.samples[column]),
                errors.reset_index(names="system"),
            )
        )
    return Section("Whom and what they misjudge", contents, notes)


def find_groupings(samples: pd.DataFrame) -> list[str]:
    """Columns of 2 to 12 values that say something of a sample beside its identity."""
    known = {"sample_id", "subject_id", "fold", "tested"}
    columns = [column for column in samples.columns if column not in known]
    return [c for c in columns if 2 <= samples[c].nunique(dropna=False) <= MOST_VALUES]


def _errors(wrong: pd.DataFrame, column: str, systems: Sequence[str]) -> pd.DataFrame:
    """Share of wrong samples, 0 to 1: a row a system, a column a group."""
    return wrong.pivot_table("wrong", "system", column, aggfunc="mean").loc[list(systems)]


def _half(wrong: pd.DataFrame) -> int:
    """How many subjects, the hardest first, make up half of all errors."""
    counts = wrong.groupby("subject_id")["wrong"].sum().sort_values(ascending=False).cumsum()
    return int((counts < counts.iloc[-1] / 2).sum()) + 1


def _readable(errors: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    rows = errors.map(lambda share: f"{100 * share:.1f}")
    rows.loc["share of the samples"] = [
        f"{100 * (groups == group).mean():.1f}" for group in errors.columns
    ]
    rows.columns = rows.columns.astype(str)
    return rows.reset_index(names="System")


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
