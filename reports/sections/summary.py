"""Which of the paper's claims hold on the study's samples."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from posed_spontaneous.evaluation import MIN_FOLDS, Outcomes
from posed_spontaneous.reports.differences import (
    BESIDE,
    SIGNIFICANT,
    claim_verdict,
    difference_table,
)
from posed_spontaneous.reports.numbers import MISSING, counted
from posed_spontaneous.reports.published import FEW, MANY, paper_systems, published_errors
from posed_spontaneous.reports.section import Section, Table
from posed_spontaneous.reports.sections.results import tabulate
from posed_spontaneous.reports.study import ENOUGH_SEEDS, Study

PLAIN = paper_systems("network")
SUB, COMB = (paper_systems("network", operator) for operator in ("Sub", "Comb"))
SUB_SVM, COMB_SVM = (paper_systems("ensemble", operator) for operator in ("Sub", "Comb"))

ENSEMBLES = "Ensembles beat the mean of the networks they join"
OVERFITS = "On few subjects Comb overfits: Sub-SVM beats Comb-SVM"
OWN_GROUP = "give each experiment a group of its own, group=NAME"


@dataclass(frozen=True)
class Claim:
    """A statement of the paper that a difference of mean errors can test.

    Args:
        text: The statement.
        section: Sections of the paper that make it.
        better, worse: The systems that it compares.
        least, most: Numbers of training subjects for which it is made, ``most`` excluded.
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
    Claim(ENSEMBLES, "4.2", SUB_SVM + COMB_SVM, SUB + COMB),
    Claim(OVERFITS, "4.2, 4.3", SUB_SVM, COMB_SVM, most=FEW),
)


def summary(study: Study) -> Section | None:
    """Agreement with the paper's errors and claims; None without a compared system."""
    if study.row_outcomes is None or not study.compared:
        return None
    tables = list(_test_claims(study, study.row_outcomes))
    return Section("Agreement with the paper", tables, [_compare_published(study)])


def _compare_published(study: Study) -> str:
    database, protocol = study.card.database, study.card.protocol
    if published_errors(database, protocol).empty:
        return (
            f"The paper has no errors for {database} with {protocol}: the published ones in the "
            "tables are of other databases and are not compared."
        )
    verdicts = tabulate(study).dropna(subset=["verdict"])
    agreeing = list(verdicts.loc[verdicts["verdict"] == "yes", "system"])
    text = f"Our interval contains the published error of {len(agreeing)} of {len(verdicts)} "
    return text + "systems" + (f": {', '.join(agreeing)}." if agreeing else ".")


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
                pair = [names[s][0] for s in claim.better], [names[s][0] for s in claim.worse]
                tested.append((text, source, pair))
    if not tested and not untested:
        return
    figures = study.compare(outcomes, [pair for _, _, pair in tested])
    figures = figures.drop(columns=["first", "second", "p_mcnemar"])
    figures.insert(0, "claim", [text for text, _, _ in tested])
    figures["source"] = [source for _, source, _ in tested]
    figures["verdict"] = [
        claim_verdict(difference, p, undecided_because=study.undecided_because)
        for difference, p in zip(figures["difference"], figures["p_holm"], strict=True)
    ]
    caption = (
        "The paper's claims, tested on these samples: mean error of the systems that should be "
        "better minus that of the others, in percentage points, by a "
        f"{study.test_name}, adjusted for {counted(len(tested), 'tested claim')}. A claim is "
        f"supported or contradicted if p < {SIGNIFICANT}, and only with at least {ENOUGH_SEEDS} "
        f"seeds and {MIN_FOLDS} folds; otherwise it is undecided, and the last column is the "
        "smallest difference that such a study finds in 80 % of cases."
    )
    headings = {"source": "The paper's claim", "verdict": "Here"}
    undecided = figures["verdict"].astype(str).str.startswith("undecided")
    figures["detectable"] = figures["detectable"].where(undecided)
    table = difference_table(
        "claims", caption, figures, study.level, headings, "Difference in error", more=BESIDE
    )
    lacking = pd.DataFrame(untested, columns=list(headings.values()))
    rows = pd.concat([table.rows.drop(columns="p"), lacking], ignore_index=True)
    yield replace(
        table, rows=rows.astype(object).fillna(MISSING), figures=figures.drop(columns="source")
    )
