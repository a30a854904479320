"""CompCNN: two paths with shared weights, merged by a comparison layer (paper, figure 2)."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comparison import ComparisonOperator
from posed_spontaneous.networks.pair_network import PairNetwork
from posed_spontaneous.runtime.errors import InputError


class ComparedMaps(NamedTuple):
    """The two inputs and the output of a comparison layer, each ``(B, C, H, W)``."""

    onset: Tensor
    apex: Tensor
    comparison: Tensor


class CompCNN(PairNetwork):
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

    def paths(self, block: int) -> int:
        return 2 if block < self.placement else 1

    def multiply_adds(self) -> int:
        side = self.architecture.map_side(self.image_size, self.placement)
        return super().multiply_adds() + self.operator.multiply_adds(side)

    def comparison_layer(self, onset: Tensor, apex: Tensor) -> ComparedMaps:
        """Run both paths up to the comparison layer.

        Args:
            onset: Onset images, ``(B, 1, H, W)``.
            apex: Apex images, ``(B, 1, H, W)``.

        Returns:
            The maps that are compared, and the comparison after its ReLU.
        """
        # One batch through the same blocks: the weights of the two paths cannot differ.
        maps = torch.cat([onset, apex])
        last = self.placement - 1
        for block, dropout in zip(self.blocks[:last], self.pool_dropout[:last], strict=True):
            # A unit dropped in one path alone would be a difference that no face shows, and the
            # later the comparison, the more of them it would see.
            maps = block(maps, dropout, paths=2)
        maps = self.blocks[last](maps)
        onset_maps, apex_maps = maps.split(len(onset))
        return ComparedMaps(onset_maps, apex_maps, torch.relu(self.operator(onset_maps, apex_maps)))

    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        maps: Tensor = self.pool_dropout[self.placement - 1](
            self.comparison_layer(onset, apex).comparison
        )
        return self.run_blocks(maps, first=self.placement)
