"""Probes: configurations that must not tell the classes apart, and whether they do."""

import ast
from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure

from reports.numbers import MISSING, level_name, percent, percent_interval
from reports.section import Picture, Section, Table
from reports.study import PROBE_BASELINES, Study, Variant

EXPECTED = {
    "Onset against itself": "nothing moves between two equal images",
    "Onset only": "the face before the expression",
    "Apex only": "the expression without what it is compared with",
    "Labels shuffled within subject": "labels without meaning, in training and in test",
    "Metadata only": "emotion, session and whatever else the manifest tells",
}
FRAMES = {
    ("onset", "onset"): "Onset against itself",
    ("onset", "blank"): "Onset only",
    ("blank", "apex"): "Apex only",
}


def probes(study: Study) -> Section | None:
    """Balanced accuracy of every probe, beside that of chance.

    Args:
        study: The study.

    Returns:
        None if the study has neither a probe nor a system to be probed.
    """
    if not study.of_role("probe") and not study.competitors:
        return None
    figures = pd.DataFrame(_estimate(study), columns=_COLUMNS)
    beaten = figures[figures["low"] > figures["chance"]]
    lacking = [name for name in EXPECTED if name not in set(figures["probe"])]
    notes = [
        "Each probe is one configuration of the same pipeline, on the same folds. Where it beats "
        "chance, what a network is praised for can be had without comparing onset and apex: the "
        "database tells the class by another way, or the split leaks."
    ]
    if lacking:
        notes.append(f"Not run: {', '.join(lacking)}. Run them with make probes.")
    contents: list[Table | Picture] = []
    if len(figures):
        level = level_name(study.level)
        contents = [
            Table(
                "probes",
                f"Balanced accuracy in percent with its {level} interval over subjects.",
                _readable(figures, level),
                figures,
                flagged=list(beaten.index),
            ),
            Picture("probes-accuracy", "Balanced accuracy of the probes.", _draw(figures)),
        ]
    warnings = [
        f"{row['probe']} ({row['system']}) beats chance: balanced accuracy "
        f"{percent(row['value'])} % ({percent_interval(row['low'], row['high'])}), chance "
        f"{percent(row['chance'])} %."
        for row in beaten.to_dict("records")
    ]
    return Section("Probes", contents, notes, warnings)


_COLUMNS = ["probe", "sees", "system", "variant", "value", "low", "high", "chance", "samples"]


def _estimate(study: Study) -> Iterator[tuple[object, ...]]:
    order = {name: place for place, name in enumerate(EXPECTED)}
    for variant in sorted(study.of_role("probe"), key=lambda v: order.get(name_probe(v), 9)):
        # Each by itself: shuffled labels are other labels than everyone's.
        estimates = study.estimates([variant])
        row = estimates[estimates["figure"] == "balanced_accuracy"]
        for figure in row.to_dict("records"):
            name = name_probe(variant)
            yield (
                name,
                EXPECTED.get(name, ""),
                variant.system,
                variant.name,
                figure["value"],
                figure["low"],
                figure["high"],
                1 / len(study.card.classes),
                len(study.samples),
            )


def name_probe(variant: Variant) -> str:
    """What a probe is called, from the options that make it one."""
    if variant.system in PROBE_BASELINES:
        return f"{variant.system} only"
    names = []
    if frames := variant.differs.get("datamodule.frames"):
        shown = tuple(ast.literal_eval(frames))
        names.append(FRAMES.get(shown, f"Paths read {' and '.join(shown)}"))
    if "datamodule.label_shuffle" in variant.differs:
        names.append("Labels shuffled within subject")
    return ", ".join(names)


def _readable(figures: pd.DataFrame, level: str) -> pd.DataFrame:
    intervals = zip(figures["low"], figures["high"], strict=True)
    return pd.DataFrame(
        {
            "Probe": figures["probe"],
            "What it sees": figures["sees"],
            "System": figures["system"],
            "Balanced accuracy": figures["value"].map(percent),
            f"{level} interval": [percent_interval(*ends) for ends in intervals],
            "Chance": figures["chance"].map(percent),
            "Beats chance": [
                MISSING if pd.isna(low) else "yes" if low > chance else "no"
                for low, chance in zip(figures["low"], figures["chance"], strict=True)
            ],
        }
    )


def _draw(figures: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7, 0.9 + 0.38 * len(figures)), layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(figures.to_dict("records")):
        color = "#b3261e" if row["low"] > row["chance"] else "#1b3a5c"
        axes.plot([100 * row["low"], 100 * row["high"]], [place, place], color=color, lw=2.2)
        axes.scatter([100 * row["value"]], [place], color=color, s=40, zorder=3)
    axes.axvline(100 * figures["chance"].iloc[0], color="#888", ls="--", lw=1)
    axes.set_yticks(range(len(figures)), list(figures["probe"]))
    axes.invert_yaxis()
    axes.set_xlabel("balanced accuracy, % (dashed: chance)")
    axes.grid(axis="x", color="#e3e3e3")
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
