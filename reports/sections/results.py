"""The paper's table: published errors beside ours, with intervals and verdicts."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.evaluation import smallest_p
from posed_spontaneous.reports.numbers import (
    MISSING,
    counted,
    decimal,
    level_name,
    percent,
    percent_interval,
)
from posed_spontaneous.reports.published import (
    find_table,
    judge,
    own_errors,
    printed_errors,
    printed_notes,
)
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import REFERENCES, Study

FEW_SUBJECTS = 20
PRINTED_MARKS = (("#c2571a", "D"), ("#4c8c4a", "s"))
SHOWN = 5
"""Missing runs that a warning names; study.missing has them all."""
FIGURES = {
    "balanced_accuracy": "Balanced accuracy",
    "f1": "UF1",
    "mcc": "MCC",
    "auc": "AUC",
    "ece": "ECE",
}


def results(study: Study) -> Section | None:
    """Every system's error, pooled over folds, and the other figures that reviewers ask for.

    Args:
        study: The study.

    Returns:
        None if no system has been run in its usual form.
    """
    if not study.of_role("row"):
        return None
    figures = tabulate(study)
    number = find_table(study.card.protocol)
    name = f"table{number}" if number else "results"
    title = f"Table {number}" if number else "Results"
    level = level_name(study.level)
    contents: list[Table | Picture] = [
        Table(name, _caption(study, number), _readable(study, figures), figures)
    ]
    if figures["error"].notna().any():
        caption = (
            f"Error of each system with its {level} interval; a light dot is a fold of a seed, a "
            "hollow mark a published figure on the database named below."
        )
        contents.append(Picture(f"{name}-errors", caption, draw_errors(study, figures)))
        contents.append(_other_figures(study))
    return Section(
        title=title,
        notes=[
            "Error is pooled over folds, as the paper's figures are counts over all samples; the "
            "mean of the folds' errors stands beside it. Intervals are bootstrapped over "
            f"subjects at {level}; several seeds are averaged, and ± is their deviation.",
            *(printed_notes(number) if number else []),
        ],
        contents=contents,
        warnings=list(_warn(study)),
    )


def tabulate(study: Study) -> pd.DataFrame:
    """A row a system, the paper's first in its order; errors are shares of 0 to 1.

    Args:
        study: The study.

    Returns:
        ``system``; ``variant``, its folder; ``published <database>`` for each column of the
        paper's table; ``error, low, high, deviation, fold_mean_error, seeds``, missing where no
        seed has all its folds; ``runs``; ``verdict`` on the figure published for this database.
    """
    number = find_table(study.card.protocol)
    printed = printed_errors(number) if number else pd.DataFrame(index=pd.Index([], name="system"))
    rows = study.of_role("row")
    ours = pd.DataFrame({"system": [v.system for v in rows], "variant": [v.name for v in rows]})
    estimates = study.row_estimates.set_index(["system", "metric"])
    error, fold_mean = (
        estimates.xs(figure, level="metric") if len(estimates) else estimates
        for figure in ("error", "fold_mean_error")
    )
    for column, source in (
        ("error", error["value"]),
        ("low", error["low"]),
        ("high", error["high"]),
        ("std", error["std"]),
        ("fold_mean_error", fold_mean["value"]),
        ("seeds", error["seeds"]),
    ):
        ours[column] = ours["variant"].map(source)
    ours["runs"] = [f"{len(v.runs)}/{study.owed(v)}" for v in rows]
    table = printed.add_prefix("published ").merge(ours, on="system", how="outer", sort=False)
    places = {system: place for place, system in enumerate([*printed.index, None, *REFERENCES])}
    table["place"] = table["system"].map(places).fillna(len(printed))
    table = table.sort_values(["place", "system"], ignore_index=True).drop(columns="place")
    own = own_errors(study.card.database, study.card.protocol)
    table["verdict"] = [
        judge(own[row["system"]], row["low"], row["high"])
        if row["system"] in own and pd.notna(row["low"])
        else None
        for row in table.to_dict("records")
    ]
    return table


def draw_errors(study: Study, figures: pd.DataFrame) -> Figure:
    """Draw our errors with their intervals, each fold's, and the published ones."""
    ours = figures.dropna(subset=["error"]).reset_index(drop=True)
    said = study.predictions
    wrong = said["label"] != said["predicted"]
    folds = wrong.groupby([said["variant"], said["seed"], said["fold"]]).mean()
    figure = Figure(figsize=(7.5, 0.9 + 0.4 * len(ours)), layout="constrained")
    axes = figure.add_subplot()
    jitter = np.random.default_rng(0)
    for place, row in enumerate(ours.to_dict("records")):
        dots = 100 * folds[row["variant"]].to_numpy()
        heights = place + jitter.uniform(-0.2, 0.2, len(dots))
        axes.scatter(dots, heights, s=9, color="#b9c4d0", zorder=2, label="one fold")
        ends = [[100 * row["low"]], [100 * row["high"]]]
        axes.plot(np.ravel(ends), [place, place], color="#1b3a5c", lw=2.2, zorder=3)
        axes.scatter([100 * row["error"]], [place], s=42, color="#1b3a5c", zorder=4, label="pooled")
        for (color, marker), column in zip(PRINTED_MARKS, _published(figures), strict=False):
            database = column.removeprefix("published ")
            axes.scatter(
                [100 * row[column]],
                [place],
                s=34,
                marker=marker,
                facecolors="none",
                edgecolors=color,
                zorder=3,
                label=f"published, {database}",
            )
    axes.set_yticks(range(len(ours)), list(ours["system"]))
    axes.invert_yaxis()
    axes.set_xlim(left=min(-1, *axes.get_xlim()))
    axes.set_xlabel("error on the test folds, %")
    axes.grid(axis="x", color="#e3e3e3")
    axes.spines[["top", "right", "left"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(
        unique.values(),
        unique.keys(),
        loc="outside lower center",
        ncols=len(unique),
        frameon=False,
        fontsize=8,
    )
    return figure


def _readable(study: Study, figures: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame({"System": figures["system"]})
    for column in _published(figures):
        rows[column.replace("published ", "Published, ")] = figures[column].map(percent)
    deviations = figures["std"]
    rows["Error, %"] = [
        percent(error) + (f" ± {percent(deviation)}" if pd.notna(deviation) else "")
        for error, deviation in zip(figures["error"], deviations, strict=True)
    ]
    rows[f"{level_name(study.level)} interval"] = [
        percent_interval(low, high)
        for low, high in zip(figures["low"], figures["high"], strict=True)
    ]
    rows["Fold mean, %"] = figures["fold_mean_error"].map(percent)
    rows["Runs"] = figures["runs"].fillna(MISSING)
    if figures["verdict"].notna().any():
        rows["Interval holds the published figure"] = figures["verdict"].fillna(MISSING)
    return rows


def _other_figures(study: Study) -> Table:
    rows = study.of_role("row")
    labels = {variant.name: variant.system for variant in rows}
    # An SVM's scores are squashed distances, no probabilities: there is nothing to hold.
    squashed = {variant.name for variant in rows if not variant.tells_probabilities}
    figures = study.row_estimates
    figures = figures[(figures["metric"] != "ece") | ~figures["system"].isin(squashed)]
    cells = figures.assign(cell=[_cell(row) for row in figures.to_dict("records")])
    wide = cells.pivot(index="system", columns="metric", values="cell")
    wide = wide.reindex([name for name in labels if name in wide.index]).fillna(MISSING)
    readable = pd.DataFrame({"System": [labels[name] for name in wide.index]})
    for figure, heading in FIGURES.items():
        readable[heading] = wide[figure].to_list()
    caption = (
        "Further figures with their intervals: balanced accuracy (mean recall of the classes, "
        "UAR), UF1 (unweighted mean F1), Matthews correlation, area under the ROC curve, expected "
        "calibration error in 15 bins, which has no sound interval and is left out for SVMs, "
        "whose scores are no probabilities."
    )
    figures = figures.assign(system=figures["system"].map(labels))
    return Table("figures", caption, readable, figures)


def _cell(row: Mapping[Hashable, Any]) -> str:
    interval = f" ({decimal(row['low'])} to {decimal(row['high'])})" if pd.notna(row["low"]) else ""
    return decimal(row["value"]) + interval


def _caption(study: Study, number: int | None) -> str:
    card = study.card
    ours = f"Ours: {card.database}, {card.protocol}, {study.sizes}."
    return f"The paper's Table {number} and ours; errors in percent. {ours}" if number else ours


def _published(figures: pd.DataFrame) -> list[str]:
    return [column for column in figures.columns if column.startswith("published ")]


def _warn(study: Study) -> Iterator[str]:
    outcomes = study.row_outcomes
    if outcomes is not None and len(outcomes.subjects) < FEW_SUBJECTS:
        subjects = len(outcomes.subjects)
        yield (
            f"Only {counted(subjects, 'subject')}: no paired test can give a p-value below "
            f"{smallest_p(subjects, study.resamples):.4f}, and intervals are rough."
        )
    if study.odd_ones:
        yield (
            f"Not all systems were trained alike: {', '.join(study.odd_ones)} in another setting "
            "than the rest, so differences may be of the setting. Provenance lists the choices."
        )
    if study.missing:
        more = len(study.missing) - SHOWN
        yield (
            f"{counted(len(study.missing), 'run')} missing: {'; '.join(study.missing[:SHOWN])}"
            + (f"; and {more} more." if more > 0 else ".")
        )
