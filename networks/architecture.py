"""Sizes and dropout rates of the paper's networks."""

from collections.abc import Sequence
from dataclasses import dataclass

from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Three convolutional blocks and two fully connected layers (paper, figures 1 and 2).

    The paper states the dropout rates. It shows kernels, channels and widths in a figure only, so
    their values in the configuration are a choice of this project.

    Args:
        kernels: Side of each block's square convolution kernel, in pixels.
        channels: Output channels of each block's convolution.
        hidden: Widths of fc1 and fc2.
        pool_dropout: Dropout rate after each block's max-pooling, in [0, 1).
        hidden_dropout: Dropout rate after fc1 and fc2, in [0, 1).

    Raises:
        InputError: If a field has the wrong number of values or one out of range.
    """

    kernels: Sequence[int]
    channels: Sequence[int]
    hidden: Sequence[int]
    pool_dropout: Sequence[float]
    hidden_dropout: Sequence[float]

    def __post_init__(self) -> None:
        expected = {"kernels": 3, "channels": 3, "hidden": 2}
        rates = {"pool_dropout": 3, "hidden_dropout": 2}
        for name, count in (expected | rates).items():
            values = getattr(self, name)
            if len(values) != count:
                raise InputError(
                    f"architecture.{name}: got {len(values)} values {list(values)}, "
                    f"expected {count}, one for each layer"
                )
        for name in expected:
            if min(getattr(self, name)) < 1:
                raise InputError(
                    f"architecture.{name}: got {list(getattr(self, name))}, "
                    "expected whole numbers of at least 1"
                )
        for name in rates:
            if not all(0 <= rate < 1 for rate in getattr(self, name)):
                raise InputError(
                    f"architecture.{name}: got {list(getattr(self, name))}, "
                    "expected rates of at least 0 and below 1"
                )

    def map_side(self, side: int) -> int:
        """Side of the feature map of the last block in pixels, for an image of ``side`` pixels.

        Raises:
            InputError: If the image is too small for the kernels.
        """
        for block, kernel in enumerate(self.kernels, start=1):
            pooled = (side - kernel + 1) // 2
            if pooled < 1:
                raise InputError(
                    f"architecture.kernels: block {block} with kernel {kernel} gets a map of "
                    f"{side}x{side} pixels, expected at least {kernel + 1}: "
                    "use smaller kernels or larger images"
                )
            side = pooled
        return side
