"""Which pixels of the apex spoke for a prediction: integrated gradients.

M. Sundararajan, A. Taly, Q. Yan: Axiomatic attribution for deep networks, ICML 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.reports.interpretation.contact_sheet import (
    NORMAL,
    STEP,
    ContactSheet,
    shorten,
)
from posed_spontaneous.reports.interpretation.seen_fold import SeenFold
from posed_spontaneous.reports.section import Picture
from posed_spontaneous.runs.predictions import score_columns

STEPS = 128
"""Points on the way from the still face to the apex, where gradients are taken."""

_TITLES = {
    "right": "Right, largest score of the true class",
    "wrong": "Wrong, smallest score of the true class",
    "uncertain": "Least certain, right or wrong",
}
_COLOURS = "RdBu_r"
_PERCENTILE = 98
"""Where a pair's colours end: single pixels stand far above the others and would dim them."""
_TILE, _MARGIN = 0.88, 1.5
_HEAD, _KIND_HEAD, _FOOT = 0.7, 0.48, 0.85
"""In tiles: above everything, above the pairs of a kind, and below everything for the scale."""


def integrated_gradients(
    network: PairNetwork, onset: Tensor, apex: Tensor, target: Tensor, steps: int = STEPS
) -> Tensor:
    """Attribute the logit of one class to the apex's pixels.

    The way goes from the pair (onset, onset), a face that does not move, to (onset, apex). It is
    complete: the attributions of a pair sum to ``logit(onset, apex) - logit(onset, onset)``, up
    to what the finite number of steps leaves. The onset does not change on the way, so nothing
    is attributed to it.

    Args:
        network: A network in evaluation mode.
        onset: Onset images, ``(B, 1, H, W)``, standardised.
        apex: Apex images, ``(B, 1, H, W)``, standardised.
        target: Class of each pair whose logit is attributed, ``(B,)``.
        steps: Points on the way.

    Returns:
        Attributions in units of the logit, ``(B, 1, H, W)``: above 0 speaks for the class.
    """
    # Imported only here: nothing else needs it, and it takes its time.
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(lambda apex, onset: network(onset, apex))
    attributions: Tensor = method.attribute(
        apex,
        baselines=onset,
        additional_forward_args=(onset,),
        target=target,
        n_steps=steps,
        internal_batch_size=steps,  # one pair at a time keeps the memory small
    )
    return attributions.detach()


def choose_pairs(
    predictions: pd.DataFrame, classes: Sequence[str], samples: int
) -> dict[str, list[str]]:
    """Telling test pairs of one network, equals in the order of their sample_ids.

    Args:
        predictions: Test rows; see ``prediction_table``.
        classes: Names of the classes, in the order of the scores.
        samples: Pairs of each kind, at most.

    Returns:
        sample_ids: ``right`` with the largest score of the true class, ``wrong`` with the
        smallest, ``uncertain`` with a score of the predicted class nearest to 1/classes, right or
        wrong.
    """
    table = predictions.sort_values("sample_id")
    scores = table[score_columns(classes)].to_numpy()
    truth = pd.Index(classes).get_indexer(pd.Index(table["label"]))
    true_score = pd.Series(scores[np.arange(len(table)), truth], table["sample_id"])
    right = (table["predicted"] == table["label"]).to_numpy()
    doubt = pd.Series(scores.max(axis=1) - 1 / len(classes), table["sample_id"])
    ordered = {
        "right": (-true_score[right]).sort_values(kind="stable"),
        "wrong": true_score[~right].sort_values(kind="stable"),
        "uncertain": doubt.sort_values(kind="stable"),
    }
    return {kind: list(order.index[:samples]) for kind, order in ordered.items()}


@dataclass(frozen=True, eq=False)
class Attributions:
    """Attributions of one kind of pairs.

    Attributes:
        kind: ``right``, ``wrong`` or ``uncertain``.
        pairs: The network on B pairs.
        values: Attributions to the apex's pixels, ``(B, H, W)``.
        error: Largest distance of a pair's sum from the logit's difference, in units of the logit.
    """

    kind: str
    pairs: SeenFold
    values: NDArray[np.float32]
    error: float


def picture_attributions(fold: SeenFold, samples: int) -> Picture:
    """Draw integrated gradients of one network for telling test pairs.

    Args:
        fold: The network on all test pairs of its fold.
        samples: Pairs of each kind, at most.
    """
    chosen = choose_pairs(fold.predictions, fold.classes, samples)
    groups = [_attribute(kind, fold.pick(names)) for kind, names in chosen.items() if names]
    return Picture(
        name=f"attribution-{fold.system.lower().replace('@', '')}",
        caption=_describe(fold, groups),
        figure=_draw(fold.system, groups).figure,
    )


def _attribute(kind: str, pairs: SeenFold) -> Attributions:
    said = pd.Index(pairs.classes).get_indexer(pd.Index(pairs.predictions["predicted"]))
    target = torch.from_numpy(said)
    values = integrated_gradients(pairs.network, pairs.onset, pairs.apex, target)
    with torch.no_grad():
        still, moved = (pairs.network(pairs.onset, end) for end in (pairs.onset, pairs.apex))
    expected = (moved - still).gather(1, target[:, None])[:, 0]
    error = (values.sum(dim=(1, 2, 3)) - expected).abs().max()
    return Attributions(kind, pairs, values[:, 0].numpy(), float(error))


def _describe(fold: SeenFold, groups: Sequence[Attributions]) -> str:
    told = " ".join(f"{_TITLES[group.kind]}: {'; '.join(_tell(group.pairs))}." for group in groups)
    faultless = "" if any(g.kind == "wrong" for g in groups) else " No test pair was wrong."
    return (
        f"Where {fold.system} looked: integrated gradients (Sundararajan, Taly and Yan 2017) of "
        "the predicted class's logit, from a face that does not move to the apex. Red pixels of "
        "the apex spoke for the prediction, blue ones against it; each pair has its own scale, "
        f"up to the {_PERCENTILE}th percentile. A pair's attributions sum to the change of the "
        f"logit, here within {max(group.error for group in groups):.2g}. The difference of the "
        f"images has no sign and is white where it is largest. {told}{faultless}"
    )


def _tell(pairs: SeenFold) -> list[str]:
    return [
        f"{row['sample_id']} ({', '.join(_lines(row, pairs.classes))})"
        for _, row in pairs.predictions.iterrows()
    ]


def _lines(row: pd.Series, classes: Sequence[str]) -> list[str]:
    score = row[score_columns(classes)].max()
    lines = [f"true {row['label']}", f"said {row['predicted']}", f"score {score:.2f}"]
    emotion = row.get("emotion")
    return lines if pd.isna(emotion) else [*lines, str(emotion)]


def _draw(system: str, groups: Sequence[Attributions]) -> ContactSheet:
    pairs = sum(len(group.values) for group in groups)
    height = _HEAD + len(groups) * _KIND_HEAD + pairs * STEP
    sheet = ContactSheet(_MARGIN + 4 * STEP, height + _FOOT, _TILE)
    sheet.write(system, 0.08, 0.25, NORMAL)
    sheet.head(("onset", "apex", "difference", "attribution"), _MARGIN, _HEAD)
    y = _HEAD
    for group in groups:
        sheet.write(_TITLES[group.kind], 0.08, y + 0.25, NORMAL, weight="bold")
        y += _KIND_HEAD
        for number in range(len(group.values)):
            _draw_pair(sheet, group, number, y)
            y += STEP
    ends = {-1.0: "against", 0.0: "0", 1.0: "for"}
    sheet.scale(_COLOURS, ends, _MARGIN + STEP, y + 0.45, 2.7, "attribution to the prediction")
    return sheet


def _draw_pair(sheet: ContactSheet, group: Attributions, number: int, y: float) -> None:
    pairs = group.pairs
    lines = _lines(pairs.predictions.iloc[number], pairs.classes)
    sheet.write("\n".join(shorten(line, 18) for line in lines), 0.08, y + 0.5)
    apex = pairs.apex_images[number]
    sheet.show_pair(pairs.onset_images[number], apex, _MARGIN, y)
    values = group.values[number]
    shares = values / (np.percentile(np.abs(values), _PERCENTILE) or 1.0)
    # Where little was attributed the face shows through.
    opacity = np.abs(shares).clip(max=1)
    x = _MARGIN + 3 * STEP
    sheet.show(apex, x, y, "gray", (0, 255))
    sheet.show(shares, x, y, _COLOURS, (-1, 1), opacity)
