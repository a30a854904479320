"""CompCNN: two paths with shared weights, merged by a comparison layer (paper, figure 2)."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comparison import ComparisonOperator
from posed_spontaneous.networks.conv_network import ConvNetwork
from posed_spontaneous.runtime.errors import InputError


class ComparedMaps(NamedTuple):
    """The two inputs and the output of a comparison layer, each ``(B, C, H, W)``."""

    onset: Tensor
    apex: Tensor
    comparison: Tensor


class CompCNN(ConvNetwork):
    """Compares onset and apex after the max-pooling of one of the three blocks.

    Args:
        operator: Builds the comparison operator for a number of channels.
        placement: The block (1, 2 or 3) after which the paths merge.
        architecture: Sizes and dropout rates.
        image_size: Side of the square gray images, in pixels.
        classes: Number of classes.

    Raises:
        InputError: If the placement is not one of the blocks.
    """

    def __init__(
        self,
        operator: Callable[[int], ComparisonOperator],
        placement: int,
        architecture: Architecture,
        image_size: int,
        classes: int,
    ) -> None:
        super().__init__(architecture, image_size, classes)
        if placement not in range(1, len(self.blocks) + 1):
            raise InputError(
                f"comparison.at: got {placement!r}, expected 1, 2 or 3: the block whose output "
                "is compared"
            )
        self.placement = placement
        self.operator = operator(architecture.channels[placement - 1])

    @property
    def name(self) -> str:
        return f"CompCNN-{self.operator.name}@{self.placement}"

    def comparison_layer(self, onset: Tensor, apex: Tensor) -> ComparedMaps:
        """Run both paths up to the comparison layer.

        Args:
            onset: Onset images, ``(B, 1, H, W)``.
            apex: Apex images, ``(B, 1, H, W)``.

        Returns:
            The compared maps, and the comparison after its ReLU.
        """
        # One batch through the same blocks: the two paths share their weights by construction.
        maps = torch.cat([onset, apex])
        last = self.placement - 1
        for block, dropout in zip(self.blocks[:last], self.pool_dropout[:last], strict=True):
            # Both paths drop the same units. A unit that is dropped in one path only would be a
            # difference that is not in the faces.
            maps = block(maps, dropout, paths=2)
        onset_maps, apex_maps = self.blocks[last](maps).chunk(2)
        return ComparedMaps(onset_maps, apex_maps, torch.relu(self.operator(onset_maps, apex_maps)))

    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        maps: Tensor = self.pool_dropout[self.placement - 1](
            self.comparison_layer(onset, apex).comparison
        )
        return self.run_blocks(maps, first=self.placement)
