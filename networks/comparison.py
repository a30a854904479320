"""Comparison operators: what stands between the two paths (paper, section 3.1).

A new operator is one class here, or anywhere importable, and one file in ``conf/comparison.op``.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional


class ComparisonOperator(nn.Module, ABC):
    """Turns the feature maps of onset and apex into one map of the same shape.

    Args:
        channels: Channels C of the compared maps.
    """

    name: ClassVar[str]
    """How the paper's tables abbreviate the operator."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    @abstractmethod
    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Compare two feature maps.

        Args:
            onset: Maps of the onset path, ``(B, C, H, W)``.
            apex: Maps of the apex path, ``(B, C, H, W)``.

        Returns:
            The comparison before its ReLU, ``(B, C, H, W)``.
        """


class Subtraction(ComparisonOperator):
    """``Z = X - Y``, with X the onset and Y the apex (section 3.1, first bullet)."""

    name = "Sub"

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        return onset - apex


class LinearCombination(ComparisonOperator):
    """``Z_r = sum_k alpha_rk X_k + sum_k beta_rk Y_k`` (section 3.1, second bullet).

    2C² weights and no bias. The paper does not say where training starts; here it starts at
    alpha = I, beta = -I, where the operator computes exactly what :class:`Subtraction` does.
    """

    name = "Comb"

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.alpha = nn.Parameter(torch.eye(channels))
        self.beta = nn.Parameter(-torch.eye(channels))

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        # A 1x1 convolution is the weighted sum over channels, at every pixel.
        from_onset = functional.conv2d(onset, self.alpha[:, :, None, None])
        from_apex = functional.conv2d(apex, self.beta[:, :, None, None])
        return from_onset + from_apex
