"""Searches of options: what was tried within the training parts of folds, and what was chosen."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.drawing.style import ESTIMATE, GRID, ONE_FOLD, WARNING
from posed_spontaneous.reports.numbers import counted, percent
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study
from posed_spontaneous.runs import SearchCard
from posed_spontaneous.runs.searches import OWN_COLUMNS, format_value

ROWS = 10
"""Rows that the searches share in the table of the best trials, at least one each."""

Search = tuple[SearchCard, pd.DataFrame]
"""A search within one fold, with its history."""


def searches(study: Study) -> Section | None:
    """The best trials, the histories and the ranges of all searches; None if there are none."""
    stored = [(search.card, search.trials()) for search in study.searches]
    if not stored:
        return None
    by_name: defaultdict[str, list[Search]] = defaultdict(list)
    for card, trials in stored:
        by_name[card.name].append((card, trials))
    contents: list[Table | Picture] = [
        _tabulate_best(stored),
        Picture(
            "search-history",
            "Error of each trial on the inner folds in percent, and as a line the smallest so far "
            "in each outer fold. Crosses are trials that were pruned after some inner folds.",
            _draw(by_name),
        ),
        _tabulate_ranges(by_name),
    ]
    return Section("Searches of options", contents, [_describe(s) for s in by_name.values()])


def _describe(own: Sequence[Search]) -> str:
    """Which subjects a choice has seen, and on which folds it can be tested."""
    card = own[0][0]
    folds = sorted({card.fold for card, _ in own})
    name = f"outer fold{'s' if len(folds) > 1 else ''} {', '.join(map(str, folds))}"
    text = (
        f"{card.system}, space {card.space}: {counted(sum(len(t) for _, t in own), 'trial')}, "
        f"compared by their error on inner folds ({card.inner}) of training subjects only. The "
        "error of the best trial is the smallest of many and thus too optimistic. "
    )
    if len(folds) == card.folds:
        return text + (
            "The search is nested: the options for each outer fold were chosen on its own training "
            "subjects, and a network that is trained with them on that fold is tested without bias."
        )
    return text + (
        f"The choice used the training subjects of {name}, which include test subjects of the "
        f"other folds: test the chosen options on {name} only, or search within every fold with "
        "python search.py -m."
    )


def _tabulate_best(stored: Sequence[Search]) -> Table:
    tables, shown = [], max(1, ROWS // len(stored))
    for card, trials in stored:
        options = [column for column in trials.columns if column not in OWN_COLUMNS]
        best = trials[trials["state"] == "complete"].nsmallest(shown, "error")
        tables.append(
            pd.DataFrame(
                {
                    "search": card.name,
                    "system": card.system,
                    "space": card.space,
                    "fold": card.fold,
                    "seed": card.seed,
                    "trials": len(trials),
                    "pruned": int((trials["state"] == "pruned").sum()),
                    "trial": best["trial"],
                    "error": best["error"],
                    "options": _join(best[options]),
                    "rounded": _join(best[options].map(_round)),
                }
            )
        )
    figures = pd.concat(tables, ignore_index=True)
    rows = pd.DataFrame(
        {
            "System": figures["system"],
            "Space": figures["space"],
            "Outer fold": figures["fold"].astype(str),
            "Seed": figures["seed"].astype(str),
            "Trial": figures["trial"].astype(str) + " of " + figures["trials"].astype(str),
            "Error on inner folds": figures["error"].map(percent),
            "Options": figures.pop("rounded"),
        }
    )
    return Table(
        "search-best",
        f"{counted(shown, 'best trial')} of each search, with the error on the inner folds in "
        "percent.",
        rows,
        figures,
        percent=["error"],
    )


def _join(options: pd.DataFrame) -> list[str]:
    return [", ".join(f"{o}={v}" for o, v in row.items()) for row in options.to_dict("records")]


def _round(value: str) -> str:
    """A number with three significant digits; any other text as it is."""
    try:
        return value if value.isdecimal() else f"{float(value):.3g}"
    except ValueError:
        return value


def _tabulate_ranges(by_name: Mapping[str, Sequence[Search]]) -> Table:
    figures = pd.DataFrame(
        [
            {
                "search": name,
                "system": own[0][0].system,
                "space": own[0][0].space,
                "option": option,
                "values": _describe_range(values),
            }
            for name, own in by_name.items()
            for option, values in own[0][0].options.items()
        ]
    )
    headings = {"system": "System", "space": "Space", "option": "Option", "values": "Values"}
    rows = figures[list(headings)].rename(columns=headings)
    return Table("search-space", "The values that were searched.", rows, figures)


def _describe_range(values: Mapping[str, Any]) -> str:
    if "choices" in values:
        return ", ".join(map(format_value, values["choices"]))
    text = f"{values['low']:g} to {values['high']:g}"
    if step := values.get("step"):
        text += f" in steps of {step:g}"
    return text + (", logarithmic" if values.get("log") else "")


def _draw(by_name: Mapping[str, Sequence[Search]]) -> Figure:
    figure = Figure(figsize=(6.5, 0.4 + 2.4 * len(by_name)), layout="constrained")
    panels = figure.subplots(len(by_name), squeeze=False)[:, 0]
    for axes, own in zip(panels, by_name.values(), strict=True):
        for _, trials in own:
            error, pruned = 100 * trials["error"], trials["state"] == "pruned"
            done = trials["trial"][~pruned]
            axes.scatter(done, error[~pruned], s=12, color=ONE_FOLD, zorder=2)
            axes.scatter(
                trials["trial"][pruned], error[pruned], s=14, color=WARNING, marker="x", lw=0.8
            )
            axes.step(done, error[~pruned].cummin(), where="post", color=ESTIMATE, lw=1.2)
        axes.set_title(f"{own[0][0].system}, {own[0][0].space}", fontsize=8)
        axes.set_xlabel("trial", fontsize=8)
        axes.set_ylabel("error, %", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.grid(color=GRID)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
