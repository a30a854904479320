"""What a reader takes home: which of the paper's claims hold on these samples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from posed_spontaneous.evaluation import Outcomes, compare, smallest_p
from posed_spontaneous.reports.differences import (
    SIGNIFICANT,
    judge_difference,
    readable_differences,
)
from posed_spontaneous.reports.numbers import MISSING, counted
from posed_spontaneous.reports.published import FEW, MANY, own_errors
from posed_spontaneous.reports.section import Section, Table
from posed_spontaneous.reports.sections.results import tabulate
from posed_spontaneous.reports.study import Study

SUB = [f"CompCNN-Sub@{at}" for at in (1, 2, 3)]
COMB = [f"CompCNN-Comb@{at}" for at in (1, 2, 3)]
ENSEMBLES = ["CompCNN-Sub-SVM", "CompCNN-Comb-SVM"]
ENOUGH_SEEDS = 5


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper that one contrast of errors can test.

    Args:
        text: The claim.
        place: Where the paper makes it.
        better: Systems whose mean error is said to be the smaller one.
        worse: The others.
        least: Training subjects of which it is made, at least.
        most: The same, fewer than these.
    """

    text: str
    place: str
    better: Sequence[str]
    worse: Sequence[str]
    least: float = 0
    most: float = math.inf

    def concerns(self, subjects: int) -> bool:
        """Whether the paper makes the claim of so many training subjects."""
        return self.least <= subjects < self.most


CLAIMS = (
    Claim("A comparison layer beats the difference of pixels", "4.2", SUB + COMB, ["DiffCNN"]),
    Claim("A linear combination beats a subtraction", "4.2, 4.3", COMB, SUB, least=MANY),
    Claim("Ensembles beat the mean of the networks they join", "4.2", ENSEMBLES, SUB + COMB),
    Claim(
        "On few subjects Comb overfits: Sub-SVM beats Comb-SVM",
        "4.2, 4.3",
        ENSEMBLES[:1],
        ENSEMBLES[1:],
        most=FEW,
    ),
)


def summary(study: Study) -> Section | None:
    """What was tested, how much, and the verdicts.

    Args:
        study: The study.

    Returns:
        None if no system of the table has all its folds.
    """
    outcomes = study.row_outcomes
    if outcomes is None or not study.competitors:
        return None
    return Section(
        title="Summary and verdicts",
        notes=[_describe(study), _judge_published(study)],
        contents=list(_judge_claims(study, outcomes)),
    )


def _describe(study: Study) -> str:
    card, seeds = study.card, len(study.shared_seeds)
    text = (
        f"{counted(len(study.competitors), 'system')} on {card.database}: {study.sizes}, classes "
        f"{', '.join(card.classes)}, protocol {card.protocol}"
    )
    if not seeds:
        return text + "."
    text += f", {counted(seeds, 'seed')}."
    if seeds < ENOUGH_SEEDS:
        text += f" What the seed does to a figure takes {ENOUGH_SEEDS} or more to tell."
    return text


def _judge_published(study: Study) -> str:
    database, protocol = study.card.database, study.card.protocol
    if own_errors(database, protocol).empty:
        return (
            f"The paper printed nothing for {database} under {protocol}, so no published figure "
            "is judged here; those beside ours are of other databases."
        )
    verdicts = tabulate(study).dropna(subset=["verdict"])
    held = list(verdicts.loc[verdicts["verdict"] == "yes", "system"])
    text = f"Our interval holds the published error of {len(held)} of {len(verdicts)} systems"
    return text + (f": {', '.join(held)}." if held else ".")


def _judge_claims(study: Study, outcomes: Outcomes) -> list[Table]:
    """The claims as a table; none if none can be tested."""
    trained = next(v for v in study.of_role("row") if v.name in study.competitors.values())
    applicable = [claim for claim in CLAIMS if claim.concerns(trained.training_subjects)]
    folders = study.competitors
    tested = [c for c in applicable if {*c.better, *c.worse} <= folders.keys()]
    if not tested:
        return []
    figures = compare(
        outcomes,
        [([folders[s] for s in c.better], [folders[s] for s in c.worse]) for c in tested],
        resamples=study.resamples,
        level=study.level,
    )
    figures = figures.drop(columns=["first", "second", "p_mcnemar"])
    figures.insert(0, "claim", [claim.text for claim in tested])
    least = len(tested) * smallest_p(len(outcomes.subjects), study.resamples)
    figures["verdict"] = [
        judge_difference(difference, p, least)
        for difference, p in zip(figures["difference"], figures["p_holm"], strict=True)
    ]
    rows = readable_differences(
        figures,
        study.level,
        {
            "The paper's claim": [f"{c.text} (section {c.place})" for c in tested],
            "Here": list(figures["verdict"]),
        },
        "Difference in error",
    ).drop(columns="p")
    untested = [claim for claim in applicable if claim not in tested]
    for claim in untested:
        lacking = sorted({*claim.better, *claim.worse} - folders.keys())
        rows.loc[len(rows)] = [
            f"{claim.text} (section {claim.place})",
            f"not tested: no whole {', '.join(lacking)}",
            *[MISSING] * 3,
        ]
    caption = (
        "The paper's claims on these samples: the mean error of the systems said to be better "
        "less that of the others, in points of a hundred, by a sign-flip permutation over "
        f"subjects, adjusted for {counted(len(tested), 'claim')}. A claim holds, or is "
        f"contradicted, where p < {SIGNIFICANT}; it cannot be decided where so few subjects allow "
        "no p-value as small."
    )
    return [Table("claims", caption, rows, figures)]
