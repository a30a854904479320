"""Figure 4: accuracy against the number of training subjects, on a fixed test set."""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import BACKGROUND, GRID, system_style
from posed_spontaneous.reports.choices import flatten_choices
from posed_spontaneous.reports.differences import DIFFERENCE, claim_verdict, readable_differences
from posed_spontaneous.reports.numbers import MISSING, level_name, percent, percent_intervals
from posed_spontaneous.reports.published import FEW, MANY, paper_systems
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study, Variant

(SUB_SVM,), (COMB_SVM,) = (paper_systems("ensemble", operator) for operator in ("Sub", "Comb"))
DRAWN = [*paper_systems("network"), SUB_SVM, COMB_SVM]
"""The three systems of the paper's figure."""


def training_size(study: Study) -> Section | None:
    """Accuracy of each system for each number of training subjects.

    Returns:
        None if no run of the study has the role ``size``.
    """
    sizes = study.of_role("size")
    # The full size may be equal to the largest chosen one.
    points = list({(v.system, v.card.group, v.training_subjects): v for v in sizes}.values())
    figures = _estimate(study, points)
    if figures.empty:
        return None
    tests = _compare(study, points)
    level = level_name(study.level)
    contents: list[Table | Picture] = [
        Picture(
            "figure4",
            "Accuracy against the number of training subjects, averaged over seeds, with "
            f"{level} intervals over the test subjects (figure 4 of the paper).",
            _draw(figures, points),
        ),
        Table(
            "training-size",
            "Accuracy in percent.",
            pd.DataFrame(
                {
                    "System": figures["system"],
                    "Training subjects": figures["subjects"].astype(str),
                    "Accuracy": figures["accuracy"].map(percent),
                    f"{level} interval": percent_intervals(figures),
                    "± over seeds": figures["std"].map(percent),
                    "Seeds": figures["seeds"].astype(str),
                }
            ),
            figures,
            folded=True,
            percent=["accuracy", "low", "high", "std"],
        ),
    ]
    if len(tests):
        leading = {
            "Training subjects": tests["subjects"].astype(str),
            "First": tests["first"],
            "Second": tests["second"],
        }
        rows = readable_differences(tests, study.level, leading, "Difference")
        contents.append(
            Table(
                "training-size-tests",
                "Paired differences in error for each number of training subjects, first minus "
                "second, in percentage points. p: sign-flip permutation test over the test "
                "subjects; Holm: over all rows. Expected: the better one according to section 4.3 "
                "of the paper.",
                rows.assign(Expected=tests["expected"], Here=tests["verdict"]),
                tests,
                percent=DIFFERENCE,
            )
        )
    title = "Figure 4: number of training subjects"
    return Section(title, contents, notes=[_describe(study, points)])


def _describe(study: Study, points: Sequence[Variant]) -> str:
    tested = "The test subjects" if study.card.folds == 1 else "The test subjects of each fold"
    steps = {flatten_choices(v.card).get("trainer.max_steps", "None") for v in points}
    length = (
        "All sizes train for the same number of steps."
        if len(steps) == 1 and steps.isdisjoint({"None", "-1"})
        else "Sizes train for epochs, so the smaller ones train for fewer steps."
    )
    return (
        f"{tested} are the same for all sizes. Within a seed, smaller training sets are subsets of "
        f"larger ones. {length}"
    )


def _estimate(study: Study, points: Sequence[Variant]) -> pd.DataFrame:
    estimates = study.estimates(points)
    error = estimates[estimates["metric"] == "error"]
    variants = {variant.name: variant for variant in points}
    table = pd.DataFrame(
        {
            "system": [variants[name].system for name in error["system"]],
            "group": [variants[name].card.group for name in error["system"]],
            "subjects": [variants[name].training_subjects for name in error["system"]],
            "accuracy": 1 - error["value"],
            "low": 1 - error["high"],
            "high": 1 - error["low"],
            "std": error["std"],
            "seeds": error["seeds"],
        }
    )
    return table.sort_values(["system", "group", "subjects"], ignore_index=True)


def _compare(study: Study, points: Sequence[Variant]) -> pd.DataFrame:
    """Tests between the paper's three systems at equal sizes, within each group."""
    outcomes = study.outcomes(points)
    complete = () if outcomes is None else outcomes.systems
    drawn = [v for system in DRAWN for v in points if v.paper_system == system]
    pairs = [
        (first, second)
        for first, second in combinations([v for v in drawn if v.name in complete], 2)
        if first.paper_system != second.paper_system
        and first.card.group == second.card.group
        and first.training_subjects == second.training_subjects
    ]
    if outcomes is None or not pairs:
        return pd.DataFrame()
    tests = study.compare(outcomes, [((a.name,), (b.name,)) for a, b in pairs])
    tests["first"], tests["second"] = (
        [v.system for v in side] for side in zip(*pairs, strict=True)
    )
    tests.insert(0, "subjects", [first.training_subjects for first, _ in pairs])
    tests["expected"] = [
        _expect(*row)
        for row in zip(tests["subjects"], tests["first"], tests["second"], strict=True)
    ]
    sign = tests["expected"].eq(tests["second"]).map({True: -1, False: 1})
    tests["verdict"] = [
        claim_verdict(difference, p) if expected != MISSING else MISSING
        for difference, p, expected in zip(
            sign * tests["difference"], tests["p_holm"], tests["expected"], strict=True
        )
    ]
    return tests.sort_values("subjects", kind="stable", ignore_index=True)


def _expect(subjects: int, first: str, second: str) -> str:
    """The better system in the paper: Sub-SVM below 40 subjects, the larger one above 50."""
    if subjects > MANY:
        return second
    return SUB_SVM if subjects < FEW and SUB_SVM in (first, second) else MISSING


def _draw(figures: pd.DataFrame, points: Sequence[Variant]) -> Figure:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for variant in {(v.system, v.card.group): v for v in points}.values():
        system, card = variant.system, variant.card
        line = figures[(figures["system"] == system) & (figures["group"] == card.group)]
        x, y = line["subjects"], 100 * line["accuracy"]
        if variant.paper_system not in DRAWN:
            axes.plot(x, y, color=BACKGROUND, lw=1, zorder=1, label="other systems")
            continue
        style = system_style(card.kind, card.operator, card.placement)
        label = system if figures["group"].nunique() == 1 else f"{system}, {card.group}"
        axes.plot(x, y, **style._asdict(), marker="o", label=label, zorder=3)
        low, high = 100 * line["low"], 100 * line["high"]
        axes.fill_between(x, low, high, color=style.color, alpha=0.13, lw=0, zorder=2)
    axes.set_xlabel("training subjects")
    axes.set_ylabel("accuracy, %")
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(handles.values(), handles.keys(), frameon=False, loc="lower right", fontsize=8)
    return figure
