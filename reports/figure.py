"""Table 1 as a picture: every fold a dot, every system its pooled error."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from evaluation import by_group
from reports.table1 import Table
from runs import RunFolder, join_predictions


def draw_errors(table: Table, runs: Sequence[RunFolder], destination: Path) -> None:
    """Draw the systems' errors, ours by fold and pooled, the published ones as diamonds.

    Args:
        table: The study's table.
        runs: The study's finished runs.
        destination: An ``.svg``, ``.pdf`` or ``.png`` file.
    """
    ours = table.rows.dropna(subset=["error"])
    errors = by_group(join_predictions(runs), ["variant", "seed", "fold"])["error"].reset_index()
    figure = Figure(figsize=(7.5, 0.8 + 0.42 * len(ours)), layout="constrained")
    axes = figure.add_subplot()
    jitter = np.random.default_rng(0)
    figures = ours[["variant", "error", "published_subset"]].itertuples(index=False, name=None)
    for place, (variant, error, published) in enumerate(figures):
        dots = 100 * errors.loc[errors["variant"] == variant, "error"].to_numpy()
        heights = place + jitter.uniform(-0.18, 0.18, len(dots))
        axes.scatter(dots, heights, s=12, color="#9ab", zorder=2, label="one fold")
        axes.scatter([error], [place], s=55, color="#124", zorder=3, label="pooled")
        axes.annotate(
            f"{error:.1f}",
            (error, place),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
        if np.isfinite(published):
            axes.scatter(
                [published],
                [place],
                s=40,
                marker="D",
                facecolors="none",
                edgecolors="#c50",
                zorder=3,
                label="published, NVIE subset",
            )
    axes.set_yticks(range(len(ours)), list(ours["system"]))
    axes.invert_yaxis()
    axes.set_xlim(left=-1)
    axes.set_xlabel("error on the test fold, %")
    axes.grid(axis="x", color="#ddd")
    axes.spines[["top", "right", "left"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), loc="lower right", frameon=False, fontsize=8)
    axes.set_title(table.notice or table.study, fontsize=9, loc="left")
    figure.savefig(destination)
