"""Which of the paper's claims hold on the study's samples."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from posed_spontaneous.evaluation import Outcomes, smallest_p
from posed_spontaneous.reports.differences import (
    DIFFERENCE,
    SIGNIFICANT,
    claim_verdict,
    readable_differences,
)
from posed_spontaneous.reports.numbers import MISSING, counted
from posed_spontaneous.reports.published import FEW, MANY, own_errors, paper_systems
from posed_spontaneous.reports.section import Section, Table
from posed_spontaneous.reports.sections.results import tabulate
from posed_spontaneous.reports.study import Study

PLAIN = paper_systems("network")
SUB, COMB = (paper_systems("network", operator) for operator in ("Sub", "Comb"))
SUB_SVM, COMB_SVM = (paper_systems("ensemble", operator) for operator in ("Sub", "Comb"))

OWN_GROUP = "give each experiment a group of its own, group=NAME"


@dataclass(frozen=True)
class Claim:
    """A statement of the paper that a difference of errors can test.

    Args:
        text: The statement.
        section: Sections of the paper that make it.
        better: Systems whose mean error should be smaller.
        worse: The systems that they are compared with.
        least: Minimum number of training subjects for which it is made.
        most: Number of training subjects below which it is made.
    """

    text: str
    section: str
    better: Sequence[str]
    worse: Sequence[str]
    least: float = 0
    most: float = math.inf


CLAIMS = (
    Claim("A comparison layer beats the difference of pixels", "4.2", SUB + COMB, PLAIN),
    Claim("A linear combination beats a subtraction", "4.2, 4.3", COMB, SUB, least=MANY),
    Claim(
        "Ensembles beat the mean of the networks they join", "4.2", SUB_SVM + COMB_SVM, SUB + COMB
    ),
    Claim(
        "On few subjects Comb overfits: Sub-SVM beats Comb-SVM",
        "4.2, 4.3",
        SUB_SVM,
        COMB_SVM,
        most=FEW,
    ),
)


def summary(study: Study) -> Section | None:
    """Agreement with the paper's errors, and verdicts on its claims.

    Returns:
        None if no system of the table has all its folds.
    """
    if study.row_outcomes is None or not study.compared:
        return None
    return Section(
        title="Agreement with the paper",
        notes=[_compare_published(study)],
        contents=list(_test_claims(study, study.row_outcomes)),
    )


def _compare_published(study: Study) -> str:
    database, protocol = study.card.database, study.card.protocol
    if own_errors(database, protocol).empty:
        return (
            f"The paper has no errors for {database} with {protocol}: the published ones in the "
            "tables are of other databases and are not compared."
        )
    verdicts = tabulate(study).dropna(subset=["verdict"])
    agreeing = list(verdicts.loc[verdicts["verdict"] == "yes", "system"])
    text = (
        f"Our interval contains the published error of {len(agreeing)} of {len(verdicts)} systems"
    )
    return text + (f": {', '.join(agreeing)}." if agreeing else ".")


def _test_claims(study: Study, outcomes: Outcomes) -> Iterator[Table]:
    """A table of the claims, if the study has a system of the paper."""
    subjects = study.compared[0].training_subjects
    claims = [claim for claim in CLAIMS if claim.least <= subjects < claim.most]
    tested, untested = [], []
    for group, variants in study.groups.items():
        names: dict[str | None, list[str]] = defaultdict(list)
        for variant in variants:
            names[variant.paper_system].append(variant.name)
        if not names.keys() & {*PLAIN, *SUB, *COMB, *SUB_SVM, *COMB_SVM}:
            continue
        for claim in claims:
            text = claim.text + (f", group {group}" if len(study.groups) > 1 else "")
            source = f"{text} (section {claim.section})"
            systems = sorted({*claim.better, *claim.worse})
            if absent := [s for s in systems if not names[s]]:
                untested.append((source, f"not tested: no complete {', '.join(absent)}"))
            elif several := [s for s in systems if len(names[s]) > 1]:
                reason = f"not tested: several variants of {', '.join(several)}; {OWN_GROUP}"
                untested.append((source, reason))
            else:
                better, worse = (
                    [names[s][0] for s in side] for side in (claim.better, claim.worse)
                )
                tested.append((text, source, (better, worse)))
    if not tested and not untested:
        return
    figures = study.compare(outcomes, [sides for _, _, sides in tested])
    figures = figures.drop(columns=["first", "second", "p_mcnemar"])
    figures.insert(0, "claim", [text for text, _, _ in tested])
    smallest = len(tested) * smallest_p(len(outcomes.subjects), study.resamples)
    figures["verdict"] = [
        claim_verdict(difference, p, smallest)
        for difference, p in zip(figures["difference"], figures["p_holm"], strict=True)
    ]
    leading = {
        "The paper's claim": [source for _, source, _ in tested],
        "Here": list(figures["verdict"]),
    }
    rows = readable_differences(figures, study.level, leading, "Difference in error")
    rows = pd.concat([rows, pd.DataFrame(untested, columns=list(leading))], ignore_index=True)
    caption = (
        "The paper's claims, tested on these samples: mean error of the systems that should be "
        "better minus that of the others, in percentage points, by a sign-flip permutation test "
        f"over subjects, adjusted for {counted(len(tested), 'claim')}. A claim is supported or "
        f"contradicted if p < {SIGNIFICANT}, otherwise undecided. With too few subjects no p-value "
        "can be that small."
    )
    yield Table(
        "claims",
        caption,
        rows.drop(columns="p").astype(object).fillna(MISSING),
        figures,
        percent=DIFFERENCE,
    )
