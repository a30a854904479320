"""Curves: how training went, how scores separate the classes, how far they can be believed."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from posed_spontaneous.evaluation import Outcomes
from posed_spontaneous.reports.numbers import decimal
from posed_spontaneous.reports.section import Picture, Section
from posed_spontaneous.reports.study import Study, Variant

LINES = {
    "DiffCNN": ("#7a7a7a", "-"),
    "CompCNN-Sub@1": ("#f0a35e", "-"),
    "CompCNN-Sub@2": ("#d9731f", "-"),
    "CompCNN-Sub@3": ("#9c4a0b", "-"),
    "CompCNN-Sub-SVM": ("#9c4a0b", "--"),
    "CompCNN-Comb@1": ("#7fb0dc", "-"),
    "CompCNN-Comb@2": ("#3579b8", "-"),
    "CompCNN-Comb@3": ("#153f6b", "-"),
    "CompCNN-Comb-SVM": ("#153f6b", "--"),
}
OTHERS = ("#4c8c4a", "#8c5a9a", "#b59b00", "#b3261e", "#2a9d8f", "#555555")
"""Colours of systems that are none of the paper's own, in turn."""
BINS = 10


def curves(study: Study) -> Section | None:
    """Learning, ROC and reliability curves of the table's systems.

    Args:
        study: The study.

    Returns:
        None if the table has no system with all its folds.
    """
    outcomes, systems = study.row_outcomes, study.competitors
    if outcomes is None or not systems:
        return None
    whole = [v for v in study.of_role("row") if v.name in systems.values()]
    logs = {v.system: pd.concat([run.curves() for run in v.runs]) for v in whole}
    logs = {system: rows for system, rows in logs.items() if len(rows)}
    contents = []
    if logs:
        contents.append(
            Picture(
                "learning",
                "Training loss and accuracy by epoch: the mean over folds and seeds, its range as "
                "a band. Curves that still fall speak for longer training.",
                _draw_learning(logs),
            )
        )
    contents.append(
        Picture(
            "roc",
            "Receiver operating characteristic of each system over the pooled folds of its "
            "lowest seed, with the area under it averaged over seeds"
            + ("." if len(outcomes.classes) == 2 else "; the classes one versus rest, averaged."),
            _draw_roc(study, outcomes, whole),
        )
    )
    # An SVM's scores are no probabilities.
    believed = [v for v in whole if v.tells_probabilities]
    if believed:
        contents.append(
            Picture(
                "reliability",
                "How often a prediction is right against how sure it claims to be, over the "
                "pooled folds of all seeds; the area of a dot is the share of its samples. On the "
                "dashed line claims are true.",
                _draw_reliability(outcomes, believed),
            )
        )
    return Section("Curves", contents)


def _grid(count: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    columns = min(4, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(2.05 * columns + 0.5, height * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for spare in axes[count:]:
        spare.set_visible(False)
    for used in axes[:count]:
        used.spines[["top", "right"]].set_visible(False)
        used.tick_params(labelsize=7)
    return figure, list(axes[:count])


def _draw_learning(logs: Mapping[str, pd.DataFrame]) -> Figure:
    figure, panels = _grid(len(logs), 1.7, sharex=True, sharey=True)
    for axes, (system, rows) in zip(panels, logs.items(), strict=True):
        for column, color in (("train/loss", "#1b3a5c"), ("train/accuracy", "#c2571a")):
            by_epoch = rows.dropna(subset=[column]).groupby("epoch")[column]
            mean = by_epoch.mean()
            axes.fill_between(
                mean.index, by_epoch.min(), by_epoch.max(), color=color, alpha=0.15, lw=0
            )
            axes.plot(mean.index, mean, color=color, lw=1.4, label=column.removeprefix("train/"))
        axes.set_title(system, fontsize=8)
        axes.grid(color="#eee")
    panels[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("epoch", fontsize=8)
    return figure


def _draw_roc(study: Study, outcomes: Outcomes, variants: Sequence[Variant]) -> Figure:
    figure = Figure(figsize=(6.2, 5), layout="constrained")
    axes = figure.add_subplot()
    areas = study.row_estimates.query("metric == 'auc'").set_index("system")["value"]
    others = cycle(OTHERS)
    for variant in variants:
        rate, hits = _roc(outcomes.targets, outcomes.scores[_lowest_seed(outcomes, variant)])
        color, style = LINES.get(variant.system) or (next(others), ":")
        label = f"{variant.system} ({decimal(areas[variant.name])})"
        width = 1.9 if style == "--" else 1.2
        axes.plot(rate, hits, color=color, ls=style, lw=width, label=label)
    axes.plot([0, 1], [0, 1], color="#bbb", ls=":", lw=1)
    axes.set_xlabel("false alarms")
    axes.set_ylabel("hits")
    axes.set_aspect("equal")
    axes.grid(color="#eee")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=7, loc="lower right", title="area", title_fontsize=7)
    return figure


def _lowest_seed(outcomes: Outcomes, variant: Variant) -> int:
    runs = np.flatnonzero(outcomes.run_system == outcomes.systems.index(variant.name))
    return int(runs[outcomes.run_seed[runs].argmin()])


def _roc(
    truth: NDArray[np.intp], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False alarms and hits; with several classes their mean, one versus rest."""
    if scores.shape[1] == 2:
        rate, hits, _ = roc_curve(truth, scores[:, 1], pos_label=1)
        return rate, hits
    grid = np.linspace(0, 1, 201)
    single = []
    for code in np.unique(truth):
        rate, hits, _ = roc_curve(truth == code, scores[:, code])
        single.append(np.interp(grid, rate, hits))
    return grid, np.mean(single, axis=0)


def _draw_reliability(outcomes: Outcomes, variants: Sequence[Variant]) -> Figure:
    figure, panels = _grid(len(variants), 2.0, sharex=True, sharey=True)
    floor = 1 / len(outcomes.classes)
    for axes, variant in zip(panels, variants, strict=True):
        runs = outcomes.run_system == outcomes.systems.index(variant.name)
        sure = outcomes.scores[runs].max(axis=2).ravel()
        right = ~outcomes.wrong[runs].ravel()
        place = np.clip((BINS * (sure - floor) / (1 - floor)).astype(int), 0, BINS - 1)
        counts = np.bincount(place, minlength=BINS)
        filled = counts > 0
        claimed = np.bincount(place, sure, BINS)[filled] / counts[filled]
        found = np.bincount(place, right, BINS)[filled] / counts[filled]
        axes.plot([floor, 1], [floor, 1], color="#999", ls="--", lw=1)
        axes.plot(claimed, found, color="#1b3a5c", lw=1)
        axes.scatter(claimed, found, s=220 * counts[filled] / len(sure) + 3, color="#1b3a5c")
        axes.set_title(variant.system, fontsize=8)
        axes.grid(color="#eee")
    figure.supxlabel("claimed", fontsize=8)
    figure.supylabel("right", fontsize=8)
    return figure
