"""What DiffCNN and CompCNN have in common: convolutional blocks below, two hidden layers above."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.dropout import CounterDropout
from posed_spontaneous.networks.pooling import pool_relu_drop, pool_relu_drop_at_once, suits


class ConvBlock(nn.Module):
    """Convolution without padding, 2x2 max-pooling, ReLU, and dropout where one is handed in."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel)

    def forward(
        self, maps: Tensor, dropout: CounterDropout | None = None, paths: int = 1
    ) -> Tensor:
        """Map ``(B, inputs, H, W)`` to ``(B, outputs, (H-k+1)//2, (W-k+1)//2)``.

        Args:
            maps: Images or maps of all paths, one path after another.
            dropout: What drops units of the result, if anything does.
            paths: How many equal parts of the batch lose the same units.
        """
        maps = self.convolution(maps)
        mask = dropout.next_mask() if dropout is not None else None
        if self.training and suits(maps, mask):
            return pool_relu_drop_at_once(maps, mask, paths)
        return pool_relu_drop(maps, mask, paths)


class PairNetwork(nn.Module, ABC):
    """A network that reads an onset and an apex image and tells the class of the pair.

    Args:
        architecture: Sizes and dropout rates.
        image_size: Side of the square gray images, in pixels.
        classes: Number of classes.

    Raises:
        InputError: If the images are too small for the kernels.
    """

    def __init__(self, architecture: Architecture, image_size: int, classes: int) -> None:
        super().__init__()
        self.architecture, self.image_size = architecture, image_size
        inputs = (1, *architecture.channels[:-1])
        self.blocks = nn.ModuleList(
            ConvBlock(*sizes)
            for sizes in zip(inputs, architecture.channels, architecture.kernels, strict=True)
        )
        flat = architecture.channels[-1] * architecture.map_side(image_size) ** 2
        self.fc1 = nn.Linear(flat, architecture.hidden[0])
        self.fc2 = nn.Linear(architecture.hidden[0], architecture.hidden[1])
        self.output = nn.Linear(architecture.hidden[1], classes)
        self._start_weights()
        # Last, so that whatever they draw at random leaves the weights as they are.
        self.pool_dropout = nn.ModuleList(map(CounterDropout, architecture.pool_dropout))
        self.fc1_dropout, self.fc2_dropout = map(CounterDropout, architecture.hidden_dropout)

    @property
    @abstractmethod
    def name(self) -> str:
        """The network's name in the paper's tables."""

    @abstractmethod
    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        """What the hidden layers read: the last block's maps of the compared pair.

        Args:
            onset: Onset images, ``(B, 1, H, W)``, standardised.
            apex: Apex images, ``(B, 1, H, W)``, standardised.

        Returns:
            Feature maps, ``(B, C, H', W')``.
        """

    def run_blocks(self, maps: Tensor, first: int) -> Tensor:
        """Run one path of maps, or images, through the blocks from number ``first``, from 0."""
        for block, dropout in zip(self.blocks[first:], self.pool_dropout[first:], strict=True):
            maps = block(maps, dropout)
        return maps

    def features(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Outputs of fc2 after its ReLU, which the ensemble's SVM reads (section 3.2).

        Args:
            onset: Onset images, ``(B, 1, H, W)``.
            apex: Apex images, ``(B, 1, H, W)``.

        Returns:
            Features, ``(B, hidden[1])``, at least 0.
        """
        maps = self.compare(onset, apex)
        hidden = self.fc1_dropout(torch.relu(self.fc1(maps.flatten(1))))
        return torch.relu(self.fc2(hidden))

    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(B, classes)`` of fc2's outputs ``(B, hidden[1])``."""
        logits: Tensor = self.output(self.fc2_dropout(features))
        return logits

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Logits ``(B, classes)`` of a batch of pairs, each image ``(B, 1, H, W)``."""
        return self.classify(self.features(onset, apex))

    def multiply_adds(self) -> int:
        """Multiply-adds of the forward pass of one pair, exactly; FLOPs are twice that.

        Convolutions and layers with all connections are counted, biases, pooling and ReLU are not.
        """
        linear = (self.fc1, self.fc2, self.output)
        return sum(self._convolutions()) + sum(
            layer.in_features * layer.out_features for layer in linear
        )

    def backward_multiply_adds(self) -> int:
        """Multiply-adds of the backward pass of one pair.

        Each product gives two gradients, save that images need none.
        """
        return 2 * self.multiply_adds() - self._convolutions()[0]

    def paths(self, block: int) -> int:
        """How many times block number ``block``, from 0, runs for one pair."""
        return 1

    def _convolutions(self) -> list[int]:
        """Multiply-adds of the blocks' convolutions, over all their paths."""
        sizes = self.architecture
        counts, inputs = [], 1
        for block, (kernel, outputs) in enumerate(zip(sizes.kernels, sizes.channels, strict=True)):
            side = sizes.map_side(self.image_size, block) - kernel + 1
            counts.append(self.paths(block) * side**2 * kernel**2 * inputs * outputs)
            inputs = outputs
        return counts

    def _start_weights(self) -> None:
        # He et al. 2015: the variance that ReLU layers keep from block to block. Torch's own
        # default shrinks the signal sixfold in variance at each layer, and a difference of two
        # faces is small to begin with: some folds then never leave chance.
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        nn.init.normal_(self.output.weight, std=0.01)
