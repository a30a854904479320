"""The paper's table: published errors next to ours, with intervals and their agreement."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import ONE_FOLD, PUBLISHED
from posed_spontaneous.reports.differences import draw_intervals
from posed_spontaneous.reports.numbers import (
    MISSING,
    counted,
    decimal,
    level_name,
    percent,
    percent_intervals,
)
from posed_spontaneous.reports.published import (
    agreement,
    find_table,
    printed_errors,
    printed_notes,
    published_errors,
)
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study

FEW_SUBJECTS = 20
SHOWN = 5
"""Missing runs that a warning names; study.missing has all of them."""
METRICS = ["balanced_accuracy", "f1", "mcc", "auc", "ece"]
HEADINGS = ["Balanced accuracy", "UF1", "MCC", "AUC", "ECE"]
PREFIX = "published_"
"""Prefix of the columns with published errors."""


def results(study: Study) -> Section | None:
    """Error of every system, pooled over folds, and further metrics; None without a row."""
    if not study.rows:
        return None
    figures = tabulate(study)
    number = find_table(study.card.protocol)
    name = f"table{number}" if number else "results"
    level = level_name(study.level)
    caption = f"The paper's Table {number} and our errors, in percent. " if number else ""
    caption += f"Ours: {study.card.database}, {study.card.protocol}, {study.sizes}."
    errors = ["error", "std", "low", "high", "fold_mean_error", *_published(figures)]
    contents: list[Table | Picture] = [
        Table(name, caption, _readable(study, figures), figures, percent=errors)
    ]
    if figures["error"].notna().any():
        caption = (
            f"Error of each system with its {level} interval. A light dot is one fold of one seed, "
            "a hollow mark a published error on the database in the legend."
        )
        contents.append(Picture(f"{name}-errors", caption, draw_errors(study, figures)))
        contents.append(_further_metrics(study))
    return Section(
        title=f"Table {number}" if number else "Results",
        notes=[
            "Errors are pooled over folds, like the paper's, which are counts over all samples. "
            f"The mean of the folds' errors is next to them. {study.uncertainty} Their level is "
            f"{level}. Several seeds are averaged; ± is their standard deviation.",
            *(printed_notes(number) if number else []),
        ],
        contents=contents,
        warnings=list(_warn(study)),
    )


def tabulate(study: Study) -> pd.DataFrame:
    """A row per system, the paper's first in its order. Errors are fractions of 0 to 1.

    Returns:
        ``system``; ``variant``, its folder; ``published_<database>`` for each column of the
        paper's table; ``error, low, high, std, fold_mean_error, seeds``, missing if no seed has
        all its folds; ``runs``; ``verdict``, the agreement with the error that is published for
        this database.
    """
    number = find_table(study.card.protocol)
    printed = printed_errors(number) if number else pd.DataFrame(index=pd.Index([], name="system"))
    rows, error = study.rows, study.row_metric("error")
    ours = error[["value", "low", "high", "std"]].rename(columns={"value": "error"})
    ours["fold_mean_error"] = study.row_metric("fold_mean_error")["value"]
    ours["seeds"] = error["seeds"]
    ours = ours.reindex([v.name for v in rows]).rename_axis("variant").reset_index()
    ours["runs"] = [f"{len(v.runs)}/{len(study.expected_runs(v))}" for v in rows]
    ours["system"], ours["paper"] = [v.label for v in rows], [v.paper_system for v in rows]
    ours["order"] = [len(rows) * (v.card.role == "reference") + n for n, v in enumerate(rows)]
    published = printed.add_prefix(PREFIX).rename_axis("paper").reset_index()
    table = published.merge(ours, on="paper", how="outer")
    table.insert(0, "system", table.pop("system").fillna(table["paper"]))
    own = published_errors(study.card.database, study.card.protocol)
    table["verdict"] = [
        agreement(own.get(row["paper"], np.nan), row["low"], row["high"])
        for row in table.to_dict("records")
    ]
    places = {system: place for place, system in enumerate(printed.index)}
    table["place"] = table["paper"].map(places).fillna(len(printed))
    table = table.sort_values(["place", "order"], ignore_index=True)
    return table.drop(columns=["paper", "place", "order"])


def draw_errors(study: Study, figures: pd.DataFrame) -> Figure:
    """Draw our errors with their intervals, each fold's, and the published ones."""
    ours = figures.dropna(subset=["error"]).reset_index(drop=True)
    figure = draw_intervals(list(ours["system"]), ours, "error", "error on the test folds, %")
    (axes,) = figure.axes
    rows = study.predictions
    wrong = (rows["label"] != rows["predicted"]).rename("error")
    folds = wrong.groupby([rows[c] for c in ("variant", "seed", "fold")]).mean().reset_index()
    places = folds["variant"].map(pd.Series(ours.index, ours["variant"]))
    jitter = np.random.default_rng(0).uniform(-0.2, 0.2, len(folds))
    axes.scatter(100 * folds["error"], places + jitter, s=9, color=ONE_FOLD, label="one fold")
    for (color, marker), column in zip(PUBLISHED, _published(figures), strict=False):
        label = f"published, {column.removeprefix(PREFIX)}"
        axes.plot(
            100 * ours[column], ours.index, marker, color=color, mfc="none", zorder=3, label=label
        )
    axes.set_xlim(left=min(-1, *axes.get_xlim()))
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _readable(study: Study, figures: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame({"System": figures["system"]})
    for column in _published(figures):
        rows[f"Published, {column.removeprefix(PREFIX)}"] = figures[column].map(percent)
    rows["Error, %"] = [
        percent(error) + (f" ± {percent(std)}" if pd.notna(std) else "")
        for error, std in zip(figures["error"], figures["std"], strict=True)
    ]
    rows[f"{level_name(study.level)} interval"] = percent_intervals(figures)
    rows["Fold mean, %"] = figures["fold_mean_error"].map(percent)
    rows["Runs"] = figures["runs"].fillna(MISSING)
    if figures["verdict"].notna().any():
        rows["Interval contains the published error"] = figures["verdict"].fillna(MISSING)
    return rows


def _further_metrics(study: Study) -> Table:
    labels = {variant.name: variant.label for variant in study.rows}
    # Margins are not probabilities and have no calibration.
    margins = [variant.name for variant in study.rows if variant.card.scores == "margins"]
    figures = study.row_estimates
    figures = figures[(figures["metric"] != "ece") | ~figures["system"].isin(margins)]
    cells = figures.assign(cell=[_cell(row) for row in figures.to_dict("records")])
    wide = cells.pivot(index="system", columns="metric", values="cell")
    wide = wide.reindex([name for name in labels if name in wide.index]).fillna(MISSING)
    rows = wide[METRICS].set_axis(HEADINGS, axis=1).rename(index=labels)
    rows = rows.rename_axis(index="System").reset_index()
    caption = (
        "Further metrics with their intervals: balanced accuracy (mean recall of the classes, "
        "UAR), UF1 (unweighted mean F1), Matthews correlation, area under the ROC curve and "
        "expected calibration error in 15 bins. The latter has no valid interval, and no value for "
        "systems whose scores are margins instead of probabilities."
    )
    return Table("metrics", caption, rows, figures.assign(system=figures["system"].map(labels)))


def _cell(row: Mapping[Hashable, Any]) -> str:
    interval = f" ({decimal(row['low'])} to {decimal(row['high'])})" if pd.notna(row["low"]) else ""
    return decimal(row["value"]) + interval


def _published(figures: pd.DataFrame) -> list[str]:
    return [column for column in figures.columns if column.startswith(PREFIX)]


def _warn(study: Study) -> Iterator[str]:
    subjects = study.samples["subject_id"].nunique()
    if study.row_outcomes is not None and subjects < FEW_SUBJECTS:
        yield f"Only {counted(subjects, 'subject')}: intervals and tests are rough."
    if study.non_default_options:
        yield (
            "Not all systems of a group were trained with the same options, so differences may "
            f"come from the options: {'; '.join(study.non_default_options)}."
        )
    if study.missing:
        more = len(study.missing) - SHOWN
        yield (
            f"{counted(len(study.missing), 'run')} missing: {'; '.join(study.missing[:SHOWN])}"
            + (f"; and {more} more." if more > 0 else ".")
        )
