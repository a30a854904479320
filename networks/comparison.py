"""Comparison operators, which merge the two paths (paper, section 3.1).

A new operator is one class, here or in your own package, and one file in ``conf/comparison.op``.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from posed_spontaneous.runtime.errors import InputError


class ComparisonOperator(nn.Module, ABC):
    """Turns the feature maps of onset and apex into one map of the same shape.

    Args:
        channels: Channels C of the compared maps.
    """

    name: ClassVar[str]
    """Abbreviation of the operator in the paper's tables."""

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

    2C² weights and no bias. The paper does not state how they are initialized.

    Args:
        channels: Channels C of the compared maps.
        start: ``subtraction``: alpha = I and beta = -I, which computes the same as
            ``Subtraction``; or ``random``: normal with the variance of alpha = I, beta = -I.

    Raises:
        InputError: If there is no such start.
    """

    name = "Comb"

    def __init__(self, channels: int, start: str = "subtraction") -> None:
        super().__init__(channels)
        if start not in ("subtraction", "random"):
            raise InputError(
                f"comparison.op.start: got {start!r}, expected subtraction or random: how alpha "
                "and beta are initialized"
            )
        self.alpha = nn.Parameter(torch.eye(channels))
        self.beta = nn.Parameter(-torch.eye(channels))
        if start == "random":
            for weights in (self.alpha, self.beta):
                nn.init.normal_(weights, std=channels**-0.5)

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        # A 1x1 convolution is the weighted sum over channels, at every pixel.
        from_onset = functional.conv2d(onset, self.alpha[:, :, None, None])
        from_apex = functional.conv2d(apex, self.beta[:, :, None, None])
        return from_onset + from_apex
