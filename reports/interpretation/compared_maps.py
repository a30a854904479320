"""Feature maps around the comparison layer, at each placement (paper, end of section 4.2)."""

from collections.abc import Sequence
from typing import cast

import pandas as pd
import torch

from posed_spontaneous.drawing.compared_maps import LayerMaps, draw_compared_maps
from posed_spontaneous.drawing.tiles import PairPicture
from posed_spontaneous.networks import CompCNN
from posed_spontaneous.reports.interpretation.evaluated_network import EvaluatedNetwork
from posed_spontaneous.reports.section import Picture

CHANNELS = 3
"""Largest number of channels shown of a layer, which may have dozens."""


def read_layer(evaluated: EvaluatedNetwork, count: int = CHANNELS) -> LayerMaps:
    """Compute the ``count`` channels whose comparison has the largest mean over the pairs."""
    network = cast(CompCNN, evaluated.network)
    with torch.no_grad():
        maps = network.comparison_layer(evaluated.onset, evaluated.apex)
    title = f"{evaluated.system}: after block {network.placement}"
    return LayerMaps.strongest(title, (layer.numpy() for layer in maps), count)


def select_correct_pairs(evaluated: Sequence[EvaluatedNetwork]) -> list[str]:
    """Select one test pair of each class: the first by sample_id that every network classified.

    If there is no such pair of a class, its first pair is selected.

    Args:
        evaluated: Networks with the same test pairs.

    Returns:
        sample_ids in the order of the classes, without classes that the fold does not test.
    """
    rows = pd.concat([one.predictions for one in evaluated])
    rows["correct"] = rows["predicted"] == rows["label"]
    pairs = rows.groupby("sample_id").agg(label=("label", "first"), correct=("correct", "all"))
    firsts = pairs.sort_values("correct", ascending=False, kind="stable").reset_index()
    firsts = firsts.drop_duplicates("label").set_index("label")
    return [str(firsts.loc[c, "sample_id"]) for c in evaluated[0].classes if c in firsts.index]


def picture_operator(operator: str, evaluated: Sequence[EvaluatedNetwork]) -> Picture:
    """Draw the maps of one comparison operator at each of its placements.

    Args:
        operator: Name of the operator.
        evaluated: Its networks by placement, with the B pairs to show.
    """
    first = evaluated[0]
    layers = [read_layer(one) for one in evaluated]
    pairs = [
        PairPicture(name=row["sample_id"], label=row["label"], onset=onset, apex=apex)
        for row, onset, apex in zip(
            first.predictions.to_dict("records"),
            first.onset_images,
            first.apex_images,
            strict=True,
        )
    ]
    peaks = ", ".join(
        f"{maps:.3g} and {comparison:.3g} ({layer.title})"
        for layer in layers
        for maps, comparison in [layer.peaks]
    )
    caption = (
        f"Feature maps around the comparison layer of CompCNN-{operator}, for one test pair of "
        "each class: the first that every network of the table classified correctly, or else the "
        f"first ({', '.join(first.predictions['sample_id'])}). Each row is a channel: its onset "
        "map, its apex map, and the comparison after the ReLU. The "
        f"{len(layers[0].channels)} channels of a network are those whose comparison has the "
        "largest mean over these pairs, the largest first. Onset and apex maps share one scale, "
        "comparisons another, both from 0 to the largest value of the network: "
        f"{peaks}. Difference is onset minus apex: mid-gray is none, black and white the largest."
    )
    return Picture(f"feature-maps-{operator.lower()}", caption, draw_compared_maps(pairs, layers))
