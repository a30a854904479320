"""Every pair of systems, tested on the same subjects."""

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.reports.differences import (
    BESIDE,
    difference_table,
    draw_differences,
)
from posed_spontaneous.reports.numbers import counted
from posed_spontaneous.reports.section import Picture, Section
from posed_spontaneous.reports.study import Study


def comparisons(study: Study) -> Section | None:
    """Paired tests between the systems of each group; None if there is no pair."""
    if study.comparisons.empty:
        return None
    labels = {variant.name: variant.label for variant in study.compared}
    figures = study.comparisons.replace({"first": labels, "second": labels})
    return Section(
        title="Every pair of systems",
        notes=[
            "Differences in pooled error, first minus second: negative if the first is better. "
            f"{study.uncertainty} p: {study.test_name}. Holm: adjusted for "
            f"{counted(len(figures), 'pair')}. p over subjects: sign-flip permutation test of the "
            "networks as trained. McNemar's exact test uses the lowest common seed and assumes "
            "independent samples, which several pairs of one subject are not. The corrected "
            "resampled t-test (Nadeau and Bengio 2003) allows for the overlap of training sets; "
            "where it and p are on different sides of .05, the table says so. Detectable: the "
            "smallest difference that such a study finds in 80 % of cases."
        ],
        contents=[
            Picture(
                "differences",
                "Difference in error in percentage points, row minus column. Blue: the row is "
                "better. A star marks p < .05 after Holm's adjustment.",
                _draw(figures, list(labels.values())),
            ),
            difference_table(
                "comparisons",
                "Paired comparisons of all systems. Differences are in percentage points.",
                figures,
                study.level,
                {"first": "First", "second": "Second"},
                more={
                    **BESIDE,
                    "p_subjects": "p over subjects",
                    "p_mcnemar": "McNemar (ignores clustering)",
                },
                folded=True,
            ),
        ],
    )


def _draw(figures: pd.DataFrame, labels: list[str]) -> Figure:
    squares = (
        figures.pivot(index="first", columns="second", values=column)
        for column in ("difference", "p_holm")
    )
    differences, p = (square.reindex(index=labels, columns=labels) for square in squares)
    size = len(labels)
    return draw_differences(
        differences.fillna(-differences.T),
        p.fillna(p.T),
        (2.3 + 0.62 * size, 1.7 + 0.5 * size),
        "row minus column, percentage points",
    )
