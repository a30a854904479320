"""Probes: what they are asked about has been taken away; do they tell the classes all the same?"""

import ast
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from posed_spontaneous.evaluation import Outcomes, estimate
from posed_spontaneous.reports.differences import draw_intervals
from posed_spontaneous.reports.numbers import level_name, percent, percent_interval
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import PROBE_BASELINES, Study, Variant


@dataclass(frozen=True)
class Probe:
    """What a probe is for.

    Args:
        sees: What it is given.
        means: What follows if it beats chance.
    """

    sees: str
    means: str


LEAK = "the split leaks, or the database tells the class by another way than the expression"
SHUFFLED = "Labels shuffled within subject"
PROBES = {
    "Onset against itself": Probe("nothing moves between two equal images", LEAK),
    "Onset only": Probe("the face before the expression", LEAK),
    "Apex only": Probe(
        "the expression without what it is compared with",
        "comparing is not needed to do as well as this: what a system gains by it is the rest",
    ),
    SHUFFLED: Probe("labels without meaning, in training and in test", LEAK),
    "Metadata only": Probe("emotion, session and whatever else the manifest tells", LEAK),
}
FRAMES = {
    ("onset", "onset"): "Onset against itself",
    ("onset", "blank"): "Onset only",
    ("apex", "blank"): "Apex only",
}
COLUMNS = ["probe", "system", "variant", "value", "low", "high", "chance", "samples"]


def probes(study: Study) -> Section | None:
    """Balanced accuracy of every probe, beside that of chance.

    Args:
        study: The study.

    Returns:
        None if the study has neither a probe nor a system to be probed.
    """
    stored = study.of_role("probe")
    if not stored and not study.competitors:
        return None
    figures = pd.DataFrame(_estimate(study, stored), columns=COLUMNS)
    flagged = list(figures.index[figures["low"] > figures["chance"]])
    notes = [
        "Each probe is one configuration of the same pipeline, on the same folds, from which what "
        "it is asked about has been taken away. One that beats chance is flagged.",
        *_name_lacking(stored, figures),
    ]
    contents: list[Table | Picture] = []
    if len(figures):
        level = (
            f"intervals over subjects hold all {len(figures)} probes together at "
            f"{level_name(study.level)} (Bonferroni)"
        )
        contents = [
            Table(
                "probes",
                f"Balanced accuracy in percent; {level}. Of shuffled labels only subjects who "
                "show several classes count, since nothing else can be shuffled.",
                _readable(figures),
                figures,
                flagged=flagged,
            ),
            Picture(
                "probes-accuracy",
                f"Balanced accuracy of the probes; {level}; dashed: chance.",
                draw_intervals(
                    list(figures["probe"]),
                    figures,
                    "value",
                    line=float(figures["chance"].iloc[0]),
                    axis="balanced accuracy, %",
                    flagged=flagged,
                ),
            ),
        ]
    warnings = [_alarm(row) for row in figures.loc[flagged].to_dict("records")]
    return Section("Probes", contents, notes, warnings)


def name_probe(variant: Variant) -> str:
    """What a probe is called, from the options that make it one."""
    if variant.system in PROBE_BASELINES:
        return f"{variant.system} only"
    names = []
    if frames := variant.differs.get("datamodule.frames"):
        shown = tuple(ast.literal_eval(frames))
        names.append(FRAMES.get(shown, f"Paths read {' and '.join(shown)}"))
    if "datamodule.label_shuffle" in variant.differs:
        names.append(SHUFFLED)
    return ", ".join(names)


def _estimate(study: Study, stored: list[Variant]) -> Iterator[tuple[object, ...]]:
    """Each probe by itself, since shuffled labels are other labels than everyone's."""
    order = {name: place for place, name in enumerate(PROBES)}
    known = [(variant, _outcomes(study, variant)) for variant in stored]
    whole = [(variant, outcomes) for variant, outcomes in known if outcomes is not None]
    for variant, outcomes in sorted(whole, key=lambda pair: order.get(name_probe(pair[0]), 9)):
        estimates = estimate(
            outcomes, resamples=study.resamples, level=1 - (1 - study.level) / len(whole)
        )
        row = estimates.set_index("metric").loc["balanced_accuracy"]
        yield (
            name_probe(variant),
            variant.system,
            variant.name,
            row["value"],
            row["low"],
            row["high"],
            1 / len(set(outcomes.targets)),
            len(outcomes.samples),
        )


def _outcomes(study: Study, variant: Variant) -> Outcomes | None:
    if "datamodule.label_shuffle" not in variant.differs:
        return study.outcomes([variant])
    # A subject of one class keeps its labels however they are shuffled.
    classes = study.samples.groupby("subject_id")["label"].nunique()
    return study.outcomes([variant], subjects=list(classes.index[classes > 1]))


def _alarm(row: Mapping[Hashable, Any]) -> str:
    means = PROBES[row["probe"]].means if row["probe"] in PROBES else LEAK
    return (
        f"{row['probe']} ({row['system']}) beats chance, with a balanced accuracy of "
        f"{percent(row['value'])} % ({percent_interval(row['low'], row['high'])}) against "
        f"{percent(row['chance'])} %: {means}."
    )


def _name_lacking(stored: list[Variant], figures: pd.DataFrame) -> list[str]:
    names = {name_probe(variant) for variant in stored}
    begun = sorted(names - set(figures["probe"]))
    absent = [name for name in PROBES if name not in names]
    notes = []
    if begun:
        notes.append(f"Not all folds yet, or nothing to judge by: {', '.join(begun)}.")
    if absent:
        notes.append(f"Not run: {', '.join(absent)}. Run them with make probes.")
    return notes


def _readable(figures: pd.DataFrame) -> pd.DataFrame:
    intervals = zip(figures["low"], figures["high"], strict=True)
    return pd.DataFrame(
        {
            "Probe": figures["probe"],
            "What it sees": [PROBES[p].sees if p in PROBES else "" for p in figures["probe"]],
            "System": figures["system"],
            "Balanced accuracy": figures["value"].map(percent),
            "Interval": [percent_interval(*ends) for ends in intervals],
            "Chance": figures["chance"].map(percent),
            "Beats chance": [
                "yes" if beats else "no" for beats in figures["low"] > figures["chance"]
            ],
            "Pairs": figures["samples"].astype(str),
        }
    )
