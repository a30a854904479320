"""Trials: single changed choices, compared with the unchanged configuration."""

from posed_spontaneous.reports.differences import difference_table, draw_intervals
from posed_spontaneous.reports.numbers import counted, level_name, percent
from posed_spontaneous.reports.section import Picture, Section
from posed_spontaneous.reports.study import Study

CHANGE = "change in error, percentage points"


def sensitivity(study: Study) -> Section | None:
    """Change in error of each trial against the row of its system; None without such a pair."""
    rows = {variant.system: variant for variant in reversed(study.compared)}
    outcomes = study.outcomes([*rows.values(), *study.of_role("trial")])
    complete = () if outcomes is None else outcomes.systems
    trials = [v for v in study.of_role("trial") if v.system in rows and v.name in complete]
    if outcomes is None or not trials:
        return None
    pairs = [((trial.name,), (rows[trial.system].name,)) for trial in trials]
    figures = study.compare(outcomes, pairs).drop(columns=["first", "second"])
    figures.insert(0, "choice", [trial.distinction for trial in trials])
    figures.insert(0, "system", [trial.system for trial in trials])
    figures = figures.sort_values(["system", "choice"], ignore_index=True)
    systems = sorted(set(figures["system"]))
    labels = figures["choice"] + (" (" + figures["system"] + ")" if len(systems) > 1 else "")
    errors = study.row_metric("error")["value"]
    unchanged = ", ".join(f"{name} {percent(errors[rows[name].name])} %" for name in systems)
    return Section(
        "Sensitivity to open choices",
        [
            Picture(
                "sensitivity",
                f"Change in error by one changed choice, with its {level_name(study.level)} "
                "interval. Left of the line is better than the unchanged "
                "configuration.",
                draw_intervals(
                    list(labels),
                    figures,
                    "difference",
                    "change in error, percentage points",
                    line=0,
                ),
            ),
            difference_table(
                "sensitivity",
                "Error with the changed choice minus error of the unchanged configuration, in "
                "percentage points. "
                f"p: {study.test_name}; Holm: over all rows.",
                figures,
                study.level,
                {"system": "System", "choice": "Choice"},
                "Change in error",
            ),
        ],
        notes=[
            f"{counted(len(figures), 'trial')}, compared with the unchanged configuration. Its "
            f"error: {unchanged}."
        ],
    )
