"""Figure 4: accuracy against the number of training subjects, on a fixed test set."""

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import BACKGROUND, GRID, system_style
from posed_spontaneous.reports.choices import flatten_choices
from posed_spontaneous.reports.differences import claim_verdict, difference_table
from posed_spontaneous.reports.numbers import MISSING, level_name, percent, percent_intervals
from posed_spontaneous.reports.published import FEW, MANY, paper_systems
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study, Variant

(SUB_SVM,), (COMB_SVM,) = (paper_systems("ensemble", operator) for operator in ("Sub", "Comb"))
DRAWN = [*paper_systems("network"), SUB_SVM, COMB_SVM]
"""The three systems of the paper's figure."""


def training_size(study: Study) -> Section | None:
    """Accuracy for each number of training subjects; None without the role ``size``."""
    sizes = study.of_role("size")
    # The full size may be equal to the largest chosen one.
    points = list({(v.system, v.card.group, v.training_subjects): v for v in sizes}.values())
    figures = _estimate(study, points)
    if figures.empty:
        return None
    tests = _compare(study, points)
    level = level_name(study.level)
    rows, shares = _readable(figures, level), ["accuracy", "low", "high", "std"]
    contents: list[Table | Picture] = [
        Picture(
            "figure4",
            "Accuracy against the number of training subjects, averaged over seeds, with "
            f"{level} intervals over the test subjects (figure 4 of the paper).",
            _draw(figures, points),
        ),
        Table("training-size", "Accuracy in percent.", rows, figures, folded=True, percent=shares),
    ]
    if len(tests):
        contents.append(
            difference_table(
                "training-size-tests",
                "Paired differences in error for each number of training subjects, first minus "
                "second, in percentage points. p: sign-flip permutation test over the test "
                "subjects; Holm: over all rows. Expected: the better one according to section 4.3 "
                "of the paper.",
                tests,
                study.level,
                {"subjects": "Training subjects", "first": "First", "second": "Second"},
                more={"expected": "Expected", "verdict": "Here"},
            )
        )
    title = "Figure 4: number of training subjects"
    return Section(title, contents, notes=[_describe(study, points)])


def _readable(figures: pd.DataFrame, level: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "System": figures["system"],
            "Training subjects": figures["subjects"].astype(str),
            "Accuracy": figures["accuracy"].map(percent),
            f"{level} interval": percent_intervals(figures),
            "± over seeds": figures["std"].map(percent),
            "Seeds": figures["seeds"].astype(str),
        }
    )


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
    rows = [(v.name, v.system, v.card.group, v.training_subjects) for v in points]
    table = pd.DataFrame(rows, columns=["variant", "system", "group", "subjects"])
    error = study.estimates(points).query("metric == 'error'").drop(columns="metric")
    table = table.merge(error.rename(columns={"system": "variant"}), on="variant")
    table.insert(4, "accuracy", 1 - table.pop("value"))
    table["low"], table["high"] = 1 - table["high"], 1 - table["low"]
    return table.sort_values(["system", "group", "subjects"], ignore_index=True)


def _compare(study: Study, points: Sequence[Variant]) -> pd.DataFrame:
    """Tests of the three systems at equal sizes. Section 4.3: Sub-SVM is better on few subjects."""
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
    tests.insert(0, "subjects", [first.training_subjects for first, _ in pairs])
    tests["first"] = [first.system for first, _ in pairs]
    tests["second"] = [second.system for _, second in pairs]
    tests["expected"] = MISSING
    tests["expected"] = tests["expected"].mask(tests["subjects"] > MANY, tests["second"])
    small = (tests["subjects"] < FEW) & tests[["first", "second"]].isin([SUB_SVM]).any(axis=1)
    tests["expected"] = tests["expected"].mask(small, SUB_SVM)
    sign = tests["expected"].eq(tests["second"]).map({True: -1, False: 1})
    verdicts = [
        claim_verdict(difference, p, undecided_because=study.undecided_because)
        for difference, p in zip(sign * tests["difference"], tests["p_holm"], strict=True)
    ]
    tests["verdict"] = pd.Series(verdicts).where(tests["expected"] != MISSING, MISSING)
    return tests.sort_values("subjects", kind="stable", ignore_index=True)


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
