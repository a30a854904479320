"""Figure 4: accuracy against the number of training subjects, on a fixed test set."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.evaluation import compare
from posed_spontaneous.reports.differences import judge_difference, readable_differences
from posed_spontaneous.reports.numbers import MISSING, level_name, percent, percent_interval
from posed_spontaneous.reports.published import FEW, MANY
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import REFERENCES, Study, Variant, flatten_choices

DRAWN = {"DiffCNN": "#7a7a7a", "CompCNN-Sub-SVM": "#c2571a", "CompCNN-Comb-SVM": "#1b3a5c"}
"""The three systems of the paper's figure, and their colours."""
PAIRS = (
    ("CompCNN-Sub-SVM", "CompCNN-Comb-SVM"),
    ("DiffCNN", "CompCNN-Sub-SVM"),
    ("DiffCNN", "CompCNN-Comb-SVM"),
)


def training_size(study: Study) -> Section | None:
    """How many subjects each system needs.

    Args:
        study: The study.

    Returns:
        None if no run of the study was trained on some of its subjects.
    """
    if not study.of_role("size"):
        return None
    points = _find_points(study)
    sizes = {variant.name: variant.training_subjects for variant in points}
    figures = _estimate(study, points, sizes)
    tests = _compare(study, points, sizes)
    level = level_name(study.level)
    contents: list[Table | Picture] = [
        Picture(
            "figure4",
            "Accuracy against the number of training subjects, seeds averaged, with "
            f"{level} intervals over the test subjects (the paper's figure 4).",
            _draw(figures),
        ),
        Table(
            "training-size",
            "Accuracy in percent.",
            _readable(figures, level),
            figures,
            folded=True,
        ),
    ]
    if len(tests):
        contents.append(
            Table(
                "training-size-tests",
                "Paired differences in error at each size, first less second, in points of a "
                "hundred: p by a sign-flip permutation over the test subjects, Holm over all "
                "rows. Expected: which of the two the paper's section 4.3 sees ahead at that "
                "size.",
                readable_differences(
                    tests,
                    study.level,
                    {
                        "Training subjects": tests["subjects"].astype(str),
                        "First": tests["first"],
                        "Second": tests["second"],
                    },
                    "Difference",
                ).assign(Expected=tests["expected"], Here=tests["verdict"]),
                tests,
            )
        )
    return Section(
        "Figure 4: the number of training subjects", contents, notes=[_describe(study, points)]
    )


def _find_points(study: Study) -> list[Variant]:
    """Sizes and whole systems; where a size is the whole, the whole system alone."""
    whole = [v for v in study.of_role("row") if v.system not in REFERENCES]
    taken = {(v.system, v.training_subjects) for v in whole}
    sizes = [v for v in study.of_role("size") if (v.system, v.training_subjects) not in taken]
    return sizes + whole


def _describe(study: Study, points: list[Variant]) -> str:
    test = (
        "The test subjects are the same for every size."
        if study.card.folds == 1
        else "Each fold's test subjects are the same for every size."
    )
    steps = {flatten_choices(v.runs[0].card).get("trainer.max_steps", "None") for v in points}
    length = (
        "All sizes train for the same number of steps."
        if len(steps) == 1 and steps.isdisjoint({"None", "-1"})
        else "Sizes train for epochs, so the smaller ones for fewer steps."
    )
    return f"{test} Of one seed the smaller training sets are parts of the larger ones. {length}"


def _estimate(study: Study, points: list[Variant], sizes: dict[str, int]) -> pd.DataFrame:
    estimates = study.estimates(points)
    systems = {variant.name: variant.system for variant in points}
    error = estimates[estimates["metric"] == "error"]
    table = pd.DataFrame(
        {
            "system": error["system"].map(systems),
            "subjects": error["system"].map(sizes),
            "accuracy": 1 - error["value"],
            "low": 1 - error["high"],
            "high": 1 - error["low"],
            "std": error["std"],
            "seeds": error["seeds"],
        }
    )
    return table.sort_values(["system", "subjects"], ignore_index=True)


def _compare(study: Study, points: list[Variant], sizes: dict[str, int]) -> pd.DataFrame:
    outcomes = study.outcomes(points)
    whole = set() if outcomes is None else set(outcomes.systems)
    names = {(v.system, sizes[v.name]): v.name for v in points if v.name in whole}
    rows = list(_pairs_by_size(names))
    if outcomes is None or not rows:
        return pd.DataFrame()
    tests = compare(
        outcomes,
        [((names[first, size],), (names[second, size],)) for size, first, second in rows],
        resamples=study.resamples,
        level=study.level,
    )
    tests[["subjects", "first", "second"]] = rows
    tests["expected"] = [_expect(*row) for row in rows]
    tests["verdict"] = [
        judge_difference(
            -row["difference"] if row["expected"] == row["second"] else row["difference"],
            row["p_holm"],
        )
        if row["expected"] != MISSING
        else MISSING
        for row in tests.to_dict("records")
    ]
    return tests


def _expect(subjects: int, first: str, second: str) -> str:
    """The system that the paper sees ahead: Sub-SVM below 40 subjects, Comb-SVM above 50."""
    if subjects < FEW:
        return "CompCNN-Sub-SVM" if "CompCNN-Sub-SVM" in (first, second) else MISSING
    if subjects > MANY:
        return "CompCNN-Comb-SVM" if "CompCNN-Comb-SVM" in (first, second) else second
    return MISSING


def _pairs_by_size(names: dict[tuple[str, int], str]) -> Iterator[tuple[int, str, str]]:
    for size in sorted({size for _, size in names}):
        for first, second in PAIRS:
            if {(first, size), (second, size)} <= names.keys():
                yield size, first, second


def _readable(figures: pd.DataFrame, level: str) -> pd.DataFrame:
    intervals = zip(figures["low"], figures["high"], strict=True)
    return pd.DataFrame(
        {
            "System": figures["system"],
            "Training subjects": figures["subjects"].astype(str),
            "Accuracy": figures["accuracy"].map(percent),
            f"{level} interval": [percent_interval(*ends) for ends in intervals],
            "± over seeds": figures["std"].map(percent),
            "Seeds": figures["seeds"].astype(str),
        }
    )


def _draw(figures: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for system in figures["system"].unique():
        line = figures[figures["system"] == system]
        x, y = line["subjects"], 100 * line["accuracy"]
        if system not in DRAWN:
            axes.plot(x, y, color="#d5d5d5", lw=1, zorder=1)
            continue
        axes.plot(x, y, color=DRAWN[system], lw=2, marker="o", label=system, zorder=3)
        low, high = 100 * line["low"], 100 * line["high"]
        axes.fill_between(x, low, high, color=DRAWN[system], alpha=0.13, lw=0, zorder=2)
    if not set(figures["system"]) <= DRAWN.keys():
        axes.plot([], [], color="#d5d5d5", lw=1, label="single networks")
    axes.set_xlabel("training subjects")
    axes.set_ylabel("accuracy, %")
    axes.grid(color="#e9e9e9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right", fontsize=8)
    return figure
