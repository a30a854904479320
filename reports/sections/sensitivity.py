"""Which of the choices that the paper leaves open matter: each changed alone."""

import pandas as pd
from matplotlib.figure import Figure

from evaluation import compare
from reports.numbers import (
    counted,
    level_name,
    p_value,
    percent,
    percent_interval,
    signed_percent,
)
from reports.section import Picture, Section, Table
from reports.study import Study, Variant

MADE_OF = "._target_"


def sensitivity(study: Study) -> Section | None:
    """What changing a choice does to the error, against the usual configuration.

    Args:
        study: The study.

    Returns:
        None if no trial has all folds beside the usual variant of its system.
    """
    usual = {variant.system: variant for variant in study.of_role("row")}
    trials = [variant for variant in study.of_role("trial") if variant.system in usual]
    outcomes = study.outcomes([*usual.values(), *trials])
    whole = set() if outcomes is None else set(outcomes.systems)
    trials = [v for v in trials if {v.name, usual[v.system].name} <= whole]
    if outcomes is None or not trials:
        return None
    figures = compare(
        outcomes,
        [((variant.name,), (usual[variant.system].name,)) for variant in trials],
        resamples=study.resamples,
        level=study.level,
    ).drop(columns=["first", "second"])
    figures.insert(0, "choice", [describe_choice(variant) for variant in trials])
    figures.insert(0, "system", [variant.system for variant in trials])
    figures = figures.sort_values(["system", "choice"], ignore_index=True)
    level = level_name(study.level)
    errors = study.row_estimates.query("figure == 'error'").set_index("system")["value"]
    known = ", ".join(
        f"{system} {percent(errors[usual[system].name])} %"
        for system in sorted(set(figures["system"]))
    )
    return Section(
        "Which open choices matter",
        [
            Picture(
                "sensitivity",
                f"Change in error by changing one choice, with its {level} interval over "
                "subjects: left of the line is better than the usual configuration.",
                _draw(figures),
            ),
            Table(
                "sensitivity",
                "Error with the choice less error of the usual configuration, in points of a "
                "hundred: p by a sign-flip permutation over subjects, Holm over all rows.",
                _readable(figures, level),
                figures,
            ),
        ],
        notes=[
            f"{counted(len(figures), 'choice')}, each changed alone. The usual configuration "
            f"errs on: {known}."
        ],
    )


def describe_choice(variant: Variant) -> str:
    """What a trial changes, shortly: ``optimizer: SGD``, ``kernels: [3, 3, 3]``."""
    differs = dict(variant.differs)
    # Another class has other options; its name says enough.
    for option in [option for option in differs if option.endswith(MADE_OF)]:
        section = option.removesuffix(MADE_OF)
        made = differs[option].rpartition(".")[2]
        differs = {o: v for o, v in differs.items() if not o.startswith(f"{section}.")}
        differs[section] = made
    # Options that repeat another's value follow it.
    told: dict[str, str] = {}
    for option, value in sorted(differs.items()):
        if value not in told.values():
            told[option.rpartition(".")[2]] = value
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())


def _readable(figures: pd.DataFrame, level: str) -> pd.DataFrame:
    intervals = zip(figures["low"], figures["high"], strict=True)
    return pd.DataFrame(
        {
            "System": figures["system"],
            "Choice": figures["choice"],
            "Change in error": figures["difference"].map(signed_percent),
            f"{level} interval": [percent_interval(*ends) for ends in intervals],
            "p": figures["p"].map(p_value),
            "p, Holm": figures["p_holm"].map(p_value),
        }
    )


def _draw(figures: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7, 0.9 + 0.34 * len(figures)), layout="constrained")
    axes = figure.add_subplot()
    several = figures["system"].nunique() > 1
    labels = [
        f"{row['choice']} ({row['system']})" if several else row["choice"]
        for row in figures.to_dict("records")
    ]
    for place, row in enumerate(figures.to_dict("records")):
        axes.plot([100 * row["low"], 100 * row["high"]], [place, place], color="#1b3a5c", lw=2.2)
        axes.scatter([100 * row["difference"]], [place], color="#1b3a5c", s=36, zorder=3)
    axes.axvline(0, color="#888", ls="--", lw=1)
    axes.set_yticks(range(len(figures)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("change in error, points of a hundred")
    axes.grid(axis="x", color="#e3e3e3")
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
