"""The first screen of a chapter: the answers that a reader looks for first."""

import re
from collections.abc import Iterator

from posed_spontaneous.reports.differences import SIGNIFICANT
from posed_spontaneous.reports.numbers import (
    counted,
    level_name,
    p_value,
    percent,
    percent_interval,
)
from posed_spontaneous.reports.sections.probes import missing_probes
from posed_spontaneous.reports.sections.results import FEW_SUBJECTS
from posed_spontaneous.reports.study import Study, Variant


def headline(study: Study) -> list[tuple[str, str]]:
    """What was tested, what is best, how certain that is and what is missing."""
    best, certain, level = [], [], level_name(study.level)
    for group, variants in study.groups.items():
        where = f"Group {group}: " if len(study.groups) > 1 else ""
        error = study.row_metric("error").to_dict("index")
        first, *others = sorted(variants, key=lambda variant: error[variant.name]["value"])
        texts = [
            f"{v.label} with an error of {percent(error[v.name]['value'])} % ({level} interval "
            f"{percent_interval(error[v.name]['low'], error[v.name]['high'])})"
            for v in (first, *others[:1])
        ]
        best.append(where + ", followed by ".join(texts))
        certain += [where + _compare(study, first, second) for second in others[:1]]
    certain = certain or ["There is no pair to compare."]
    return [
        ("What was tested?", _describe(study)),
        ("What is best?", ". ".join(best or ["No system of the table has all its folds"]) + "."),
        ("Is it certain?", " ".join([*certain, *_limits(study)])),
        ("What is missing?", _missing(study)),
        ("When, and with which code?", _code(study)),
    ]


def _describe(study: Study) -> str:
    card = study.card
    systems = {variant.system for variant in study.compared or study.variants}
    return (
        f"{counted(len(systems), 'system')} on {card.database}: {study.sizes}, classes "
        f"{', '.join(card.classes)}, protocol {card.protocol} with {counted(card.folds, 'fold')}, "
        f"{counted(study.seeds, 'seed')}."
    )


def _compare(study: Study, first: Variant, second: Variant) -> str:
    tests, names = study.comparisons, [first.name, second.name]
    row = tests[tests["first"].isin(names) & tests["second"].isin(names)].iloc[0]
    certain = row["p_holm"] < SIGNIFICANT and not study.undecided_because
    return (
        f"{'Yes' if certain else 'No'}: {first.label} and {second.label} "
        f"differ by {percent(abs(row['difference']))} percentage points, "
        f"p = {p_value(row['p_holm'])} ({study.test_name}, adjusted for "
        f"{counted(len(tests), 'pair')} by Holm)."
    )


def _limits(study: Study) -> Iterator[str]:
    subjects = study.samples["subject_id"].nunique()
    if subjects < FEW_SUBJECTS:
        yield f"With {counted(subjects, 'subject')}, intervals and tests are rough."
    if missing := study.undecided_because:
        yield f"This is of these trained networks: a verdict on the methods lacks {missing}."


def _missing(study: Study) -> str:
    probes = missing_probes(study) if study.compared else []
    sentences = [f"{counted(len(study.missing), 'run')}."] if study.missing else []
    sentences += [f"Probes: {', '.join(probes)}."] if probes else []
    return " ".join(sentences) or "Nothing."


def _code(study: Study) -> str:
    finished = str(study.versions["finished"].max())[:16].replace("T", " ")
    codes = study.versions["code"].replace("", "not recorded").fillna("not recorded").unique()
    commits = [re.sub(r"^([0-9a-f]{10})[0-9a-f]{30}", r"\1", code) for code in codes]
    return f"Last run finished {finished} UTC. Commit: {', '.join(commits)}."
