"""How much of each system's uncertainty is trainings, training sets and subjects."""

import pandas as pd

from posed_spontaneous.evaluation.variance_components import variance_shares
from posed_spontaneous.reports.numbers import MISSING, percent
from posed_spontaneous.reports.section import Section, Table
from posed_spontaneous.reports.study import Study

SHARES = {
    "from_seeds": "Seeds",
    "from_training_sets": "Training sets",
    "from_subjects": "Subjects",
}
NEEDED = {"seeds_to_halve": "Seeds to halve", "subjects_to_halve": "Subjects to halve"}


def variances(study: Study) -> Section | None:
    """Sources of variance of the trained systems; None without one of several seeds and folds."""
    systems = {v.name: v for v in study.compared if v.card.kind != "baseline"}
    outcomes = study.outcomes(list(systems.values())) if systems else None
    figures = pd.DataFrame() if outcomes is None else variance_shares(outcomes)
    if outcomes is None or figures.empty:
        return None
    order = {name: place for place, name in enumerate(systems)}
    figures = figures.sort_values("system", key=lambda names: names.map(order), ignore_index=True)
    alone = len(outcomes.folds) == len(outcomes.subjects)
    figures["system"] = [systems[name].label for name in figures["system"]]
    rows = pd.DataFrame({"System": figures["system"]})
    rows["Standard error"] = figures["standard_error"].map(percent)
    for column, heading in SHARES.items():
        rows[f"{heading}, %"] = figures[column].map(_whole_percent)
    for column, heading in NEEDED.items():
        rows[heading] = figures[column].map(_count)
    caption = (
        "Standard error of each system's error in percentage points, and how much of its variance "
        "comes from the trainings (seeds), from the training sets of the folds, and from the test "
        "subjects with their pairs. The last columns are the numbers of seeds, or of subjects with "
        "as many pairs and folds, that would halve the standard error and with it the interval; "
        f"{MISSING} where no number does."
    )
    if alone:
        caption += (
            " Each fold tests one subject, so that effects of its training set count as the "
            "subject's; more subjects are more folds."
        )
    return Section(
        "Where the uncertainty comes from",
        [Table("variances", caption, rows, figures, percent=["standard_error", *SHARES])],
        notes=[
            "Estimated from few folds and seeds, the shares are rough. Training sets of different "
            "folds overlap, so their share is rather too small."
        ],
    )


def _whole_percent(share: float) -> str:
    return MISSING if pd.isna(share) else f"{100 * share:.0f}"


def _count(number: float) -> str:
    return MISSING if pd.isna(number) else f"{number:,.0f}"
