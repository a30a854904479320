"""Every system against every other, on the same subjects."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.evaluation import compare, all_pairs, smallest_p
from posed_spontaneous.reports.differences import SIGNIFICANT, readable_differences
from posed_spontaneous.reports.numbers import counted, p_value
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study


def comparisons(study: Study) -> Section | None:
    """Paired tests between all systems of the table.

    Args:
        study: The study.

    Returns:
        None if fewer than two systems have all their folds.
    """
    outcomes, systems = study.row_outcomes, study.competitors
    if outcomes is None or len(systems) < 2:
        return None
    names = {variant: system for system, variant in systems.items()}
    figures = compare(
        outcomes, all_pairs(list(names)), resamples=study.resamples, level=study.level
    )
    figures["first"], figures["second"] = (figures[c].map(names) for c in ("first", "second"))
    subjects = len(outcomes.subjects)
    least = min(1.0, len(figures) * smallest_p(subjects, study.resamples))
    return Section(
        title="Every pair of systems",
        notes=[
            "Differences in pooled error, first less second, so a negative one speaks for the "
            "first. p: sign-flip permutation over subjects, two-sided; Holm: adjusted for "
            f"{counted(len(figures), 'pair')}. McNemar's exact test is of the lowest common seed "
            "and takes samples for independent, which pairs of one person are not; the corrected "
            "resampled t-test (Nadeau and Bengio 2003) is over folds. Both stand here because the "
            f"field reports them. With {counted(subjects, 'subject')} the smallest adjusted "
            f"p-value that is possible is {least:.2g}"
            + (": no difference can be told from chance here." if least >= SIGNIFICANT else ".")
        ],
        contents=[
            Picture(
                "differences",
                "Difference in error, row less column, in points of a hundred: blue speaks for "
                "the row. A star marks p < .05 after Holm's adjustment.",
                _draw(figures, list(systems)),
            ),
            Table(
                "comparisons",
                "Paired comparisons of all systems; differences in points of a hundred.",
                readable_differences(
                    figures,
                    study.level,
                    {"First": figures["first"], "Second": figures["second"]},
                    "Difference",
                ).assign(
                    **{
                        "McNemar (ignores clustering)": figures["p_mcnemar"].map(p_value),
                        "Corrected t over folds": figures["p_resampled_t"].map(p_value),
                    }
                ),
                figures,
                folded=True,
            ),
        ],
    )


def _draw(figures: pd.DataFrame, systems: list[str]) -> Figure:
    size = len(systems)
    differences, stars = np.full((size, size), np.nan), np.zeros((size, size), bool)
    for row in figures.to_dict("records"):
        i, j = systems.index(row["first"]), systems.index(row["second"])
        differences[i, j] = 100 * row["difference"]
        differences[j, i] = -differences[i, j]
        stars[i, j] = stars[j, i] = row["p_holm"] < SIGNIFICANT
    figure = Figure(figsize=(2.3 + 0.62 * size, 1.7 + 0.5 * size), layout="constrained")
    axes = figure.add_subplot()
    limit = np.nanmax(np.abs(differences)) or 1
    image = axes.imshow(differences, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    for i, j in np.argwhere(~np.isnan(differences)):
        value = differences[i, j]
        axes.text(
            j,
            i,
            f"{value:+.1f}{'*' if stars[i, j] else ''}".replace("-", "\N{MINUS SIGN}"),
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if abs(value) > 0.6 * limit else "#222",
        )
    axes.set_xticks(range(size), systems, rotation=35, ha="right", fontsize=8)
    axes.set_yticks(range(size), systems, fontsize=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="row less column, points", shrink=0.8)
    return figure
