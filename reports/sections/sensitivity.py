"""Which of the choices that the paper leaves open matter: each changed alone."""

from collections import Counter
from collections.abc import Sequence

from posed_spontaneous.evaluation import compare
from posed_spontaneous.reports.differences import draw_intervals, readable_differences
from posed_spontaneous.reports.numbers import counted, level_name, percent
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study, Variant

MADE_OF = "._target_"
OPTIMIZER, PEAK = "lightning_module.optimizer", "lightning_module.schedule.max_lr"


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
    figures.insert(0, "choice", describe_choices(trials))
    figures.insert(0, "system", [variant.system for variant in trials])
    figures = figures.sort_values(["system", "choice"], ignore_index=True)
    level = level_name(study.level)
    several = figures["system"].nunique() > 1
    choices = [
        f"{choice} ({system})" if several else choice
        for choice, system in zip(figures["choice"], figures["system"], strict=True)
    ]
    errors = study.row_estimates.query("metric == 'error'").set_index("system")["value"]
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
                draw_intervals(
                    choices,
                    figures,
                    "difference",
                    line=0,
                    axis="change in error, points of a hundred",
                ),
            ),
            Table(
                "sensitivity",
                "Error with the choice less error of the usual configuration, in points of a "
                "hundred: p by a sign-flip permutation over subjects, Holm over all rows.",
                readable_differences(
                    figures,
                    study.level,
                    {"System": figures["system"], "Choice": figures["choice"]},
                    "Change in error",
                ),
                figures,
            ),
        ],
        notes=[
            f"{counted(len(figures), 'trial')} against the usual configuration, which errs "
            f"on: {known}."
        ],
    )


def describe_choices(trials: Sequence[Variant]) -> list[str]:
    """What each trial changes, shortly where that tells it apart, else in full."""
    short = [_describe_choice(variant) for variant in trials]
    systems = [variant.system for variant in trials]
    counts = Counter(zip(systems, short, strict=True))
    return [
        text
        if counts[system, text] == 1
        else ", ".join(f"{o}={v}" for o, v in trial.differs.items())
        for trial, system, text in zip(trials, systems, short, strict=True)
    ]


def _describe_choice(variant: Variant) -> str:
    differs = dict(variant.differs)
    # Another class has other options; its name says enough.
    for option in [option for option in differs if option.endswith(MADE_OF)]:
        section = option.removesuffix(MADE_OF)
        made = differs[option].rpartition(".")[2]
        differs = {o: v for o, v in differs.items() if not o.startswith(f"{section}.")}
        differs[section] = made
    # The schedule's peak is the optimiser's rate, by configuration.
    if any(option.startswith(OPTIMIZER) for option in differs):
        differs.pop(PEAK, None)
    names = {option: option.rpartition(".")[2].replace("_", " ") for option in differs}
    return ", ".join(f"{names[option]}: {value}" for option, value in differs.items())
