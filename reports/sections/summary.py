"""Which of the paper's claims hold on the study's samples."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
EARLIER = paper_systems("baseline")
EXCEPTION = "CompCNN-Sub@3"

OWN_GROUP = "give each experiment a group of its own, group=NAME"


@dataclass(frozen=True)
class Claim:
    """A statement of the paper that a difference of mean errors can test.

    Args:
        text: The statement.
        sentence: The words of the paper that make it.
        section: Where they stand.
        better, worse: The systems that it compares.
        least, most: Numbers of training subjects for which it is made, ``most`` excluded.
        optional: Whether it is left out, and not named as untested, if a system is missing.
    """

    text: str
    sentence: str
    section: str
    better: Sequence[str]
    worse: Sequence[str]
    least: float = 0
    most: float = math.inf
    optional: bool = False


def _beats(
    better: str, worse: Sequence[str], sentence: str, section: str, **limits: Any
) -> list[Claim]:
    """One claim for each system that another is said to beat."""
    return [
        Claim(f"{better} beats {other}", sentence, section, [better], [other], **limits)
        for other in worse
    ]


CLAIMS = (
    *(
        claim
        for system in SUB + COMB
        if system != EXCEPTION
        for claim in _beats(
            system,
            PLAIN,
            "all of the models with the comparison layer outperform the model based on difference "
            "images (DiffCNN) except CompCNN-Sub@3",
            "4.2",
        )
    ),
    *(
        claim
        for (ensemble,), members in ((SUB_SVM, SUB), (COMB_SVM, COMB))
        for claim in _beats(
            ensemble,
            members,
            "CompCNN-Sub-SVM and CompCNN-Comb-SVM achieve lower error rate than corresponding "
            "single CNN models",
            "4.2",
        )
    ),
    Claim(
        "A linear combination beats a subtraction",
        "Linear combination based model performs better than simple subtraction based model",
        "4.3",
        COMB,
        SUB,
        least=MANY,
    ),
    Claim(
        "On few subjects Comb overfits: Sub-SVM beats Comb-SVM",
        "it is more likely to overfit on this small dataset because of its larger model size",
        "4.2",
        SUB_SVM,
        COMB_SVM,
        most=FEW,
    ),
    *(
        claim
        for (best,), limits in ((COMB_SVM, {"least": FEW}), (SUB_SVM, {"most": FEW}))
        for claim in _beats(
            best,
            EARLIER,
            "our method significantly outperforms the state-of-the-art methods",
            "abstract",
            optional=True,
            **limits,
        )
    ),
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
            source = f"{text}: \u201c{claim.sentence}\u201d ({_name_section(claim.section)})"
            systems = sorted({*claim.better, *claim.worse})
            if absent := [s for s in systems if not names[s]]:
                if claim.optional:
                    continue
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


def _name_section(section: str) -> str:
    return f"section {section}" if section[0].isdigit() else section
