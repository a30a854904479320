"""The training curves of the members of a pack, computed for all members at once."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional
from torchmetrics.functional.classification import multiclass_accuracy

from posed_spontaneous.training.packing.batches import PADDING


def measure_epochs(
    logits: Sequence[Tensor],
    targets: Sequence[Tensor],
    *,
    batches: int,
    accumulated: int,
    steps: int,
    classes: int,
) -> list[list[dict[str, float]]]:
    """The metrics that each of M members logs at the end of its epochs outside of a pack.

    Args:
        logits: Logits of each batch, ``(M, B, classes)``.
        targets: Class codes of each batch, ``(M, B)``, with padding.
        batches: Number of batches in an epoch.
        accumulated: Number of batches that one step of the optimizer uses.
        steps: Number of steps that the optimizer took.
        classes: Number of classes.
    """
    curves: list[list[dict[str, float]]] = [[] for _ in logits[0]]
    for epoch, start in enumerate(range(0, len(logits), batches)):
        whole, known = (
            torch.cat(list(parts[start : start + batches]), dim=1) for parts in (logits, targets)
        )
        last = min(-(-batches // accumulated) * (epoch + 1), steps) - 1
        metrics = measure_members("train", whole, known, classes)
        for number, curve in enumerate(curves):
            own = {name: float(values[number]) for name, values in metrics.items()}
            curve.append(own | {"epoch": epoch, "step": last})
    return curves


def measure_members(stage: str, logits: Tensor, targets: Tensor, classes: int) -> dict[str, Tensor]:
    """``epoch_metrics`` of M members, each ``(M,)``, where targets may be padding.

    Args:
        stage: Prefix of the names.
        logits: Logits, ``(M, N, classes)``.
        targets: Class codes, ``(M, N)``, with padding.
        classes: Number of classes.
    """
    logits = logits.float().mT
    losses = functional.cross_entropy(logits, targets, ignore_index=PADDING, reduction="none")
    figures = {f"{stage}/loss": losses.sum(1) / (targets != PADDING).sum(1)}
    averages: dict[str, Literal["micro", "macro"]]
    averages = {"accuracy": "micro", "balanced_accuracy": "macro"}
    for name, average in averages.items():
        figures[f"{stage}/{name}"] = multiclass_accuracy(
            logits, targets, classes, average=average,
            multidim_average="samplewise", ignore_index=PADDING,
        )  # fmt: skip
    return figures
