"""The networks of the paper: DiffCNN (figure 1) and CompCNN (figure 2)."""

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comparison import ComparisonOperator
from posed_spontaneous.networks.dropout import CounterDropout
from posed_spontaneous.networks.pair_network import PairNetwork
from posed_spontaneous.networks.pooling import can_fuse, pool_relu_drop, pool_relu_drop_fused
from posed_spontaneous.runtime.errors import InputError


class ConvBlock(nn.Module):
    """Convolution without padding, 2x2 max-pooling, ReLU and, where passed, dropout."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel)

    def forward(
        self, maps: Tensor, dropout: CounterDropout | None = None, paths: int = 1
    ) -> Tensor:
        """Map ``(B, inputs, H, W)`` to ``(B, outputs, (H-k+1)//2, (W-k+1)//2)``.

        Args:
            maps: Images or maps of all paths, one path after another.
            dropout: Dropout of the result, if any.
            paths: Number of equal parts of the batch in which the same units are dropped.
        """
        maps = self.convolution(maps)
        mask = dropout.next_mask() if dropout is not None else None
        if self.training and can_fuse(maps, mask):
            return pool_relu_drop_fused(maps, mask, paths)
        return pool_relu_drop(maps, mask, paths)


class ConvNetwork(PairNetwork):
    """Blocks and hidden layers of the paper; a subclass decides where the pair is compared.

    Args:
        architecture: Sizes and dropout rates.
        image_size: Side of the square gray images, in pixels.
        classes: Number of classes.

    Raises:
        InputError: If the images are too small for the kernels.
    """

    def __init__(self, architecture: Architecture, image_size: int, classes: int) -> None:
        super().__init__()
        inputs = (1, *architecture.channels[:-1])
        self.blocks = nn.ModuleList(
            ConvBlock(*sizes)
            for sizes in zip(inputs, architecture.channels, architecture.kernels, strict=True)
        )
        flat = architecture.channels[-1] * architecture.map_side(image_size) ** 2
        self.fc1 = nn.Linear(flat, architecture.hidden[0])
        self.fc2 = nn.Linear(architecture.hidden[0], architecture.hidden[1])
        self.output = nn.Linear(architecture.hidden[1], classes)
        self._initialize_weights()
        # After the weights, whose random numbers then do not depend on dropout.
        self.pool_dropout = nn.ModuleList(map(CounterDropout, architecture.pool_dropout))
        self.fc1_dropout, self.fc2_dropout = map(CounterDropout, architecture.hidden_dropout)

    @abstractmethod
    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Maps of the last block, ``(B, C, H', W')``, of a pair ``(B, 1, H, W)``."""

    def run_blocks(self, maps: Tensor, first: int) -> Tensor:
        """Run maps, or images, of one path through the blocks from index ``first``."""
        for block, dropout in zip(self.blocks[first:], self.pool_dropout[first:], strict=True):
            maps = block(maps, dropout)
        return maps

    def features(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Outputs of fc2 after its ReLU, ``(B, hidden[1])``, at least 0 (section 3.2)."""
        maps = self.compare(onset, apex)
        hidden = self.fc1_dropout(torch.relu(self.fc1(maps.flatten(1))))
        return torch.relu(self.fc2(hidden))

    def classify(self, features: Tensor) -> Tensor:
        logits: Tensor = self.output(self.fc2_dropout(features))
        return logits

    def _initialize_weights(self) -> None:
        # He et al. 2015. Torch's default divides the variance of the signal by six at each layer;
        # the difference of two faces is small from the start, and some folds stay at chance.
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        nn.init.normal_(self.output.weight, std=0.01)


class DiffCNN(ConvNetwork):
    """One path that reads the difference image; it has no comparison layer."""

    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        return self.run_blocks(onset - apex, first=0)


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
                f"comparison.at: got {placement!r}, expected 1, 2, 3 or all: the block whose "
                "output is compared"
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
