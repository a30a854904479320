"""Attribution of a prediction to the pixels of the apex: integrated gradients.

M. Sundararajan, A. Taly, Q. Yan: Axiomatic attribution for deep networks, ICML 2017.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.drawing.style import SIGNED
from posed_spontaneous.drawing.tiles import NORMAL, STEP, PairPicture, TileFigure, shorten
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.reports.interpretation.evaluated_network import EvaluatedNetwork
from posed_spontaneous.reports.section import Picture
from posed_spontaneous.runs.predictions import score_columns

STEPS = 128
"""Points between onset and apex at which gradients are computed."""

_TITLES = {
    "correct": "Correct, largest score of the true class",
    "incorrect": "Incorrect, smallest score of the true class",
    "uncertain": "Least certain, correct or not",
}
_PERCENTILE = 98
"""End of a pair's scale, since a few pixels have much larger values than the others."""
_TILE, _MARGIN = 0.88, 1.9
_HEAD, _KIND_HEAD, _FOOT = 0.7, 0.48, 0.85
"""Above everything, above the pairs of a kind, and below everything for the scale, in tiles."""


def integrated_gradients(
    network: PairNetwork, onset: Tensor, apex: Tensor, target: Tensor, steps: int = STEPS
) -> tuple[Tensor, Tensor]:
    """Attribute the logit of one class to the pixels of the apex.

    The path leads from the pair (onset, onset), a face that does not move, to (onset, apex). The
    attributions of a pair sum to ``logit(onset, apex) - logit(onset, onset)``, up to the error of
    a finite number of steps. The onset does not change, so nothing is attributed to it.

    Args:
        network: A network in evaluation mode.
        onset: Onset images, ``(B, 1, H, W)``, standardised.
        apex: Apex images, ``(B, 1, H, W)``, standardised.
        target: Class of each pair with the logit that is attributed, ``(B,)``.
        steps: Points of the path.

    Returns:
        Attributions in units of the logit, ``(B, 1, H, W)``, in which positive ones support the
        class, and the error of the sum for each pair, ``(B,)``.
    """
    # Imported here, because it is slow and needed only for reports.
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(lambda apex, onset: network(onset, apex))
    attributions, error = method.attribute(
        apex,
        baselines=onset,
        additional_forward_args=(onset,),
        target=target,
        n_steps=steps,
        internal_batch_size=steps,  # one pair at a time limits the memory
        return_convergence_delta=True,
    )
    return attributions.detach(), error.detach()


def select_by_outcome(
    predictions: pd.DataFrame, classes: Sequence[str], samples: int
) -> dict[str, list[str]]:
    """Select typical test pairs of one network; ties are in the order of sample_id.

    Args:
        predictions: Test rows; see ``prediction_table``.
        classes: Names of the classes, in the order of the scores.
        samples: Largest number of pairs of each kind.

    Returns:
        sample_ids: ``correct`` with the largest score of the true class, ``incorrect`` with the
        smallest, ``uncertain`` with a score of the predicted class nearest to 1/classes, correct
        or not.
    """
    table = predictions.sort_values("sample_id")
    scores = table[score_columns(classes)].to_numpy()
    truth = pd.Index(classes).get_indexer(pd.Index(table["label"]))
    true_score = pd.Series(scores[np.arange(len(table)), truth], table["sample_id"])
    correct = (table["predicted"] == table["label"]).to_numpy()
    certainty = pd.Series(scores.max(axis=1) - 1 / len(classes), table["sample_id"])
    ordered = {
        "correct": (-true_score[correct]).sort_values(kind="stable"),
        "incorrect": true_score[~correct].sort_values(kind="stable"),
        "uncertain": certainty.sort_values(kind="stable"),
    }
    return {kind: list(order.index[:samples]) for kind, order in ordered.items()}


class _Group(NamedTuple):
    """B pairs of one kind, their attributions ``(B, H, W)``, and the largest error of a sum."""

    kind: str
    pairs: EvaluatedNetwork
    values: NDArray[np.float32]
    error: float


def picture_attributions(evaluated: EvaluatedNetwork, samples: int) -> Picture:
    """Draw integrated gradients of one network for typical test pairs.

    Args:
        evaluated: The network with all test pairs of its fold.
        samples: Largest number of pairs of each kind.
    """
    selected = select_by_outcome(evaluated.predictions, evaluated.classes, samples)
    groups = [_attribute(kind, evaluated.select(ids)) for kind, ids in selected.items() if ids]
    listed = " ".join(
        f"{_TITLES[group.kind]}: "
        + "; ".join(
            f"{row['sample_id']} ({', '.join(_lines(row, evaluated.classes))})"
            for _, row in group.pairs.predictions.iterrows()
        )
        + "."
        for group in groups
    )
    none = "" if selected["incorrect"] else " All test pairs were classified correctly."
    caption = (
        f"Attributions of {evaluated.system}: integrated gradients (Sundararajan, Taly and Yan "
        "2017) of the predicted class's logit, from a face that does not move to the apex. Red "
        "pixels of the apex support the prediction, blue ones oppose it; each pair has its own "
        f"scale, up to the {_PERCENTILE}th percentile. The attributions of a pair sum to the "
        f"change of the logit, here within {max(group.error for group in groups):.2g}. Difference "
        "is onset minus apex: mid-gray is none, black and white the largest. "
        f"{listed}{none}"
    )
    name = f"attribution-{evaluated.system.lower().replace('@', '')}"
    return Picture(name, caption, _draw(evaluated.system, groups))


def _attribute(kind: str, pairs: EvaluatedNetwork) -> _Group:
    predicted = pd.Index(pairs.classes).get_indexer(pd.Index(pairs.predictions["predicted"]))
    target = torch.from_numpy(predicted)
    values, error = integrated_gradients(pairs.network, pairs.onset, pairs.apex, target)
    return _Group(kind, pairs, values[:, 0].numpy(), float(error.abs().max()))


def _lines(row: pd.Series, classes: Sequence[str]) -> list[str]:
    score = row[score_columns(classes)].max()
    lines = [f"true {row['label']}", f"predicted {row['predicted']}", f"score {score:.2f}"]
    emotion = row.get("emotion")
    return lines if pd.isna(emotion) else [*lines, str(emotion)]


def _draw(system: str, groups: Sequence[_Group]) -> Figure:
    pairs = sum(len(group.values) for group in groups)
    height = _HEAD + len(groups) * _KIND_HEAD + pairs * STEP
    sheet = TileFigure(_MARGIN + 4 * STEP, height + _FOOT, _TILE)
    sheet.write(system, 0.08, 0.25, NORMAL)
    sheet.head(("onset", "apex", "difference", "attribution"), _MARGIN, _HEAD)
    y = _HEAD
    for group in groups:
        sheet.write(_TITLES[group.kind], 0.08, y + 0.25, NORMAL, weight="bold")
        y += _KIND_HEAD
        for number in range(len(group.values)):
            _draw_pair(sheet, group, number, y)
            y += STEP
    ends = {-1.0: "opposes", 0.0: "0", 1.0: "supports"}
    sheet.scale(SIGNED, ends, _MARGIN + STEP, y + 0.45, 2.7, "attribution to the prediction")
    return sheet.figure


def _draw_pair(sheet: TileFigure, group: _Group, number: int, y: float) -> None:
    pairs = group.pairs
    row = pairs.predictions.iloc[number]
    lines = [shorten(line, 21) for line in _lines(row, pairs.classes)]
    sheet.write("\n".join(lines), 0.08, y + 0.5)
    onset, apex = pairs.onset_images[number], pairs.apex_images[number]
    pair = PairPicture(name=row["sample_id"], label=row["label"], onset=onset, apex=apex)
    sheet.show_pair(pair, _MARGIN, y)
    values = group.values[number]
    shares = values / (np.percentile(np.abs(values), _PERCENTILE) or 1.0)
    # The face is visible where attributions are small.
    opacity = np.abs(shares).clip(max=1)
    x = _MARGIN + 3 * STEP
    sheet.show(apex, x, y)
    sheet.show(shares, x, y, SIGNED, (-1, 1), opacity)
