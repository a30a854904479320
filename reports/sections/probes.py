"""Probes: controls without the information that the classification should use."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from posed_spontaneous.evaluation import Outcomes, estimate
from posed_spontaneous.reports.differences import draw_intervals
from posed_spontaneous.reports.numbers import (
    level_name,
    percent,
    percent_interval,
    percent_intervals,
)
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study, Variant


@dataclass(frozen=True)
class Probe:
    """Name of a probe, what the classification can use, and what a result above chance means."""

    title: str
    input: str
    meaning: str


LEAK = "the folds leak, or the database reveals the class by something else than the expression"
SHUFFLED = "shuffled_labels"
PROBES = {
    "onset_against_itself": Probe("Onset against itself", "two equal images without motion", LEAK),
    "onset_only": Probe("Onset only", "the face before the expression", LEAK),
    "apex_only": Probe(
        "Apex only",
        "the expression without the face before it",
        "this accuracy needs no comparison; only what a system has above it comes from comparing",
    ),
    SHUFFLED: Probe(
        "Labels shuffled within subject", "meaningless labels, in training and in test", LEAK
    ),
    "metadata": Probe(
        "Metadata only", "emotion, session and all other columns of the manifest", LEAK
    ),
}
"""The probes by group of the run card, in the order of the report."""

COLUMNS = ["probe", "system", "variant", "value", "low", "high", "chance", "samples"]


def probes(study: Study) -> Section | None:
    """Balanced accuracy of every probe and chance; None without a probe and a compared system."""
    stored = study.of_role("probe")
    if not stored and not study.compared:
        return None
    figures = pd.DataFrame(_estimate(study, stored), columns=COLUMNS)
    titles = [_probe(group).title for group in figures["probe"]]
    flagged = list(figures.index[figures["low"] > figures["chance"]])
    notes = [
        "Each probe is one configuration of the same pipeline, on the same folds, without the "
        "information that it tests. A probe above chance is flagged."
    ]
    if unfinished := [v for v in stored if v.name not in set(figures["variant"])]:
        names = sorted({_probe(variant.card.group).title for variant in unfinished})
        notes.append(f"Not all folds are finished, or no sample can be used: {', '.join(names)}.")
    if missing := missing_probes(study):
        notes.append(f"Not run: {', '.join(missing)}. Run them with make probes.")
    contents: list[Table | Picture] = []
    if len(figures):
        chance = float(figures["chance"].iloc[0])
        level = (
            f"intervals contain the values of all {len(figures)} probes together at "
            f"{level_name(study.level)} (Bonferroni)"
        )
        contents = [
            Table(
                "probes",
                f"Balanced accuracy in percent; {level}. For shuffled labels only subjects with "
                "several classes count, because the labels of the others stay the same.",
                _readable(figures, titles),
                figures.assign(probe=titles),
                flagged=flagged,
                percent=["value", "low", "high", "chance"],
            ),
            Picture(
                "probes-accuracy",
                f"Balanced accuracy of the probes; {level}. Dashed line: chance.",
                draw_intervals(titles, figures, "value", "balanced accuracy, %", chance, flagged),
            ),
        ]
    warnings = [
        f"{_probe(row['probe']).title} ({row['system']}) is above chance, with a balanced accuracy "
        f"of {percent(row['value'])} % ({percent_interval(row['low'], row['high'])}) against "
        f"{percent(row['chance'])} %: {_probe(row['probe']).meaning}."
        for row in figures.loc[flagged].to_dict("records")
    ]
    return Section("Probes", contents, notes, warnings)


def missing_probes(study: Study) -> list[str]:
    """Titles of the probes without any run."""
    groups = {variant.card.group for variant in study.of_role("probe")}
    return [probe.title for group, probe in PROBES.items() if group not in groups]


def _probe(group: str) -> Probe:
    return PROBES.get(group, Probe(group, "", LEAK))


def _estimate(study: Study, stored: list[Variant]) -> Iterator[tuple[object, ...]]:
    """Each probe separately, because shuffled labels differ from those of the others."""
    order = [*PROBES, *sorted({variant.card.group for variant in stored} - PROBES.keys())]
    known = [
        (variant, outcomes)
        for variant in sorted(stored, key=lambda variant: order.index(variant.card.group))
        if (outcomes := _outcomes(study, variant)) is not None
    ]
    level = 1 - (1 - study.level) / max(1, len(known))
    for variant, outcomes in known:
        estimates = estimate(outcomes, resamples=study.resamples, level=level)
        row = estimates.set_index("metric").loc["balanced_accuracy"]
        chance = 1 / len(set(outcomes.targets))
        values = (row["value"], row["low"], row["high"], chance, len(outcomes.samples))
        yield (variant.card.group, variant.system, variant.name, *values)


def _outcomes(study: Study, variant: Variant) -> Outcomes | None:
    if variant.card.group != SHUFFLED:
        return study.outcomes([variant])
    classes = study.samples.groupby("subject_id")["label"].nunique()
    return study.outcomes([variant], subjects=list(classes.index[classes > 1]))


def _readable(figures: pd.DataFrame, titles: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Probe": titles,
            "Input": [_probe(group).input for group in figures["probe"]],
            "System": figures["system"],
            "Balanced accuracy": figures["value"].map(percent),
            "Interval": percent_intervals(figures),
            "Chance": figures["chance"].map(percent),
            "Above chance": (figures["low"] > figures["chance"]).map({True: "yes", False: "no"}),
            "Pairs": figures["samples"].astype(str),
        }
    )
