"""What each comparison operator brings over the subtraction at the same placement, and its cost."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posed_spontaneous.networks import count_flops
from posed_spontaneous.reports.differences import difference_table, draw_differences
from posed_spontaneous.reports.interpretation.evaluated_network import load_networks
from posed_spontaneous.reports.numbers import MISSING, counted, decimal
from posed_spontaneous.reports.section import Picture, Section, Table
from posed_spontaneous.reports.study import Study, Variant

REFERENCE = "Sub"
PAPER = {REFERENCE, "Comb"}
ENSEMBLE = "SVM"


def operators(study: Study) -> Section | None:
    """Compare operators with the subtraction; None if only the paper's two were trained."""
    pairs = sorted(_pair_with_reference(study), key=lambda pair: _place(pair[0]) == ENSEMBLE)
    pairs.sort(key=lambda pair: str(pair[0].card.operator))
    if study.row_outcomes is None or not {v.card.operator for v, _ in pairs} - PAPER:
        return None
    figures = study.compare(study.row_outcomes, [([v.name], [r.name]) for v, r in pairs])
    figures = figures.drop(columns=["first", "second"])
    figures.insert(0, "operator", [variant.card.operator for variant, _ in pairs])
    figures.insert(1, "placement", [_place(variant) for variant, _ in pairs])
    headings = {"operator": "Operator", "placement": "Placement"}
    caption = (
        "Error of the same network with another operator, minus that with the subtraction at the "
        "same placement, in percentage points: negative if the operator is better. Tested as all "
        f"pairs of systems are, and adjusted for these {counted(len(figures), 'comparison')}."
    )
    return Section(
        "What an operator brings over the subtraction",
        contents=[
            Picture(
                "operators",
                "Difference in error from the subtraction at the same placement, in percentage "
                "points. Blue: the operator is better. A star marks p < .05 after Holm's "
                "adjustment.",
                _draw(figures),
            ),
            difference_table("operators", caption, figures, study.level, headings),
            *_tabulate_costs(study.of_role("row")),
        ],
    )


def _pair_with_reference(study: Study) -> Iterator[tuple[Variant, Variant]]:
    """Each variant with an operator, and the subtraction at its placement in its group."""
    for group in study.groups.values():
        own = [variant for variant in group if variant.card.operator is not None]
        references = {_place(v): v for v in own if v.card.operator == REFERENCE}
        for variant in own:
            reference = references.get(_place(variant))
            if reference is not None and variant.card.operator != REFERENCE:
                yield variant, reference


def _place(variant: Variant) -> str:
    """The placement; ``all`` of a network that compares at all of them, or the ensemble."""
    if variant.card.kind == "ensemble":
        return ENSEMBLE
    return str(variant.card.placement or "all")


def _tabulate_costs(variants: Sequence[Variant]) -> Iterator[Table]:
    """Size and arithmetic of each network that can be rebuilt, and the time that it took."""
    rows = []
    for variant in variants:
        if variant.card.kind != "network":
            continue
        networks, _ = load_networks(variant.runs[:1])
        if not networks:
            continue  # the section on feature maps says why
        network = networks[variant.system]
        size = variant.card.choices["datamodule"]["image_size"]
        rows.append(
            {
                "system": variant.label,
                "parameters": sum(weights.numel() for weights in network.parameters()),
                "mflop": count_flops(network, size) / 1e6,
                "seconds": np.median([run.versions()["seconds"] for run in variant.runs]),
            }
        )
    if not rows:
        return
    figures = pd.DataFrame(rows)
    base = figures.loc[figures["system"] == f"CompCNN-{REFERENCE}@1", "seconds"]
    figures["relative"] = figures["seconds"] / (base.iloc[0] if len(base) else np.nan)
    cells = pd.DataFrame(
        {
            "Network": figures["system"],
            "Parameters": figures["parameters"].map("{:,}".format),
            "MFLOP a pair": figures["mflop"].map(lambda value: decimal(value, 1)),
            "Duration over Sub@1": [
                MISSING if np.isnan(value) else decimal(value, 2) for value in figures["relative"]
            ],
        }
    )
    yield Table(
        "costs",
        "Cost of each network: trained weights, arithmetic of one prediction (a multiplication and "
        "an addition count as two operations), and the median duration of its runs relative to "
        "Sub@1. Durations are those that were stored, whatever else the machine did.",
        cells,
        figures,
    )


def _draw(figures: pd.DataFrame) -> Figure:
    differences, p_values = (
        figures.pivot_table(index="operator", columns="placement", values=column, sort=False)
        for column in ("difference", "p_holm")
    )
    rows, columns = differences.shape
    size = (2.6 + 0.8 * columns, 1.2 + 0.36 * rows)
    return draw_differences(differences, p_values, size, "percentage points")
