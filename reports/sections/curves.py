"""Learning curves, ROC curves and reliability diagrams."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from posed_spontaneous.drawing.style import ESTIMATE, GRID, REFERENCE_LINE, SECOND, system_style
from posed_spontaneous.evaluation import Outcomes
from posed_spontaneous.reports.numbers import decimal
from posed_spontaneous.reports.section import Picture, Section
from posed_spontaneous.reports.study import Study, Variant

BINS = 10
LEARNING = (
    "Training loss and accuracy by epoch: mean and range over folds and seeds. If the loss still "
    "falls at the end, longer training may help."
)
ROC = (
    "Receiver operating characteristic of each system over the pooled folds of its lowest seed, "
    "with the area under the curve averaged over seeds"
)
RELIABILITY = (
    "Fraction of right predictions against their confidence, over the pooled folds of all seeds. "
    "The area of a dot is its share of the samples. On the dashed line the confidence is "
    "calibrated."
)


def curves(study: Study) -> Section | None:
    """Learning, ROC and reliability curves of the compared systems; None if there are none."""
    outcomes, variants = study.row_outcomes, study.compared
    if outcomes is None or not variants:
        return None
    logs = {v.label: pd.concat([run.curves() for run in v.runs]) for v in variants}
    logs = {label: rows for label, rows in logs.items() if len(rows)}
    # Margins are not probabilities and cannot be reliable.
    probable = [v for v in variants if v.card.scores == "probabilities"]
    classes = "" if len(outcomes.classes) == 2 else "; mean over the classes, one versus rest"
    contents = [
        logs and Picture("learning", LEARNING, _draw_learning(logs)),
        Picture("roc", f"{ROC}{classes}.", _draw_roc(study, outcomes)),
        probable and Picture("reliability", RELIABILITY, _draw_reliability(outcomes, probable)),
    ]
    return Section("Curves", [content for content in contents if isinstance(content, Picture)])


def _grid(count: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    columns = min(4, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(2.05 * columns + 0.5, height * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for unused in panels[count:]:
        unused.set_visible(False)
    for axes in panels[:count]:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7)
        axes.grid(color=GRID)
    return figure, list(panels[:count])


def _draw_learning(logs: Mapping[str, pd.DataFrame]) -> Figure:
    figure, panels = _grid(len(logs), 1.7, sharex=True, sharey=True)
    for axes, (label, rows) in zip(panels, logs.items(), strict=True):
        for column, color in (("train/loss", ESTIMATE), ("train/accuracy", SECOND)):
            by_epoch = rows.dropna(subset=[column]).groupby("epoch")[column]
            mean = by_epoch.mean()
            axes.fill_between(
                mean.index, by_epoch.min(), by_epoch.max(), color=color, alpha=0.15, lw=0
            )
            axes.plot(mean.index, mean, color=color, lw=1.4, label=column.removeprefix("train/"))
        axes.set_title(label, fontsize=8)
    panels[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("epoch", fontsize=8)
    return figure


def _draw_roc(study: Study, outcomes: Outcomes) -> Figure:
    figure = Figure(figsize=(6.2, 5), layout="constrained")
    axes = figure.add_subplot()
    areas = study.row_metric("auc")["value"]
    for number, variant in enumerate(study.compared):
        card, lowest = variant.card, outcomes.runs_of(variant.name)[0]
        style = system_style(card.kind, card.operator, card.placement, number)
        label = f"{variant.label} ({decimal(areas[variant.name])})"
        rates = _roc(outcomes.targets, outcomes.scores[lowest])
        axes.plot(*rates, **style._asdict(), label=label)
    axes.plot([0, 1], [0, 1], color=REFERENCE_LINE, ls=":", lw=1)
    axes.set_xlabel("False positive rate")
    axes.set_ylabel("True positive rate")
    axes.set_aspect("equal")
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=7, loc="lower right", title="area", title_fontsize=7)
    return figure


def _roc(
    targets: NDArray[np.intp], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False and true positive rates; with several classes their mean, one versus rest."""
    if scores.shape[1] == 2:
        false_positives, true_positives, _ = roc_curve(targets, scores[:, 1], pos_label=1)
        return false_positives, true_positives
    grid = np.linspace(0, 1, 201)
    single = []
    for code in np.unique(targets):
        false_positives, true_positives, _ = roc_curve(targets == code, scores[:, code])
        single.append(np.interp(grid, false_positives, true_positives))
    return grid, np.mean(single, axis=0)


def _draw_reliability(outcomes: Outcomes, variants: Sequence[Variant]) -> Figure:
    figure, panels = _grid(len(variants), 2.0, sharex=True, sharey=True)
    chance = 1 / len(outcomes.classes)
    for axes, variant in zip(panels, variants, strict=True):
        runs = outcomes.runs_of(variant.name)
        confidence = outcomes.scores[runs].max(axis=2).ravel()
        right = ~outcomes.wrong[runs].ravel()
        bins = (BINS * (confidence - chance) / (1 - chance)).astype(int).clip(0, BINS - 1)
        by_bin = pd.DataFrame({"confidence": confidence, "right": right}).groupby(bins)
        mean, counts = by_bin.mean(), by_bin.size()
        axes.plot([chance, 1], [chance, 1], color=REFERENCE_LINE, ls="--", lw=1)
        axes.plot(mean["confidence"], mean["right"], color=ESTIMATE, lw=1)
        sizes = 220 * counts / len(confidence) + 3
        axes.scatter(mean["confidence"], mean["right"], s=sizes, color=ESTIMATE)
        axes.set_title(variant.label, fontsize=8)
    figure.supxlabel("confidence", fontsize=8)
    figure.supylabel("fraction right", fontsize=8)
    return figure
