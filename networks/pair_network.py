"""What DiffCNN and CompCNN have in common: convolutional blocks below, two hidden layers above."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from networks.architecture import Architecture


class ConvBlock(nn.Module):
    """Convolution without padding, 2x2 max-pooling and ReLU.

    Pooling comes before the ReLU: both are monotone, so the result is the same and the ReLU
    touches a quarter of the pixels.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel)
        self.pool = nn.MaxPool2d(2)

    def forward(self, maps: Tensor) -> Tensor:
        """Map ``(B, inputs, H, W)`` to ``(B, outputs, (H-k+1)//2, (W-k+1)//2)``."""
        return torch.relu(self.pool(self.convolution(maps)))


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
        inputs = (1, *architecture.channels[:-1])
        self.blocks = nn.ModuleList(
            ConvBlock(*sizes)
            for sizes in zip(inputs, architecture.channels, architecture.kernels, strict=True)
        )
        self.pool_dropout = nn.ModuleList(nn.Dropout(rate) for rate in architecture.pool_dropout)
        flat = architecture.channels[-1] * architecture.map_side(image_size) ** 2
        self.fc1 = nn.Linear(flat, architecture.hidden[0])
        self.fc2 = nn.Linear(architecture.hidden[0], architecture.hidden[1])
        self.fc1_dropout, self.fc2_dropout = map(nn.Dropout, architecture.hidden_dropout)
        self.output = nn.Linear(architecture.hidden[1], classes)
        self._start_weights()

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
            maps = dropout(block(maps))
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
