"""CompCNN with a comparison after every block, trained end to end."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comparison import ComparisonOperator
from posed_spontaneous.networks.paper import CompCNN, ConvNetwork


class AllPlacementsCNN(ConvNetwork):
    """Compares onset and apex after all three blocks, and joins the comparisons before fc1.

    The rival of the paper's ensemble, which joins three networks after their training. Networks
    that detect changes compare at every depth too: FC-Siam-diff (Daudt et al. 2018), ChangeFormer
    (Bandara and Patel 2022). Both paths run through all blocks with shared weights; comparisons of
    earlier blocks are max-pooled to the size of the last one. With zero weights of fc1 for these
    it computes what CompCNN does after block 3.

    Args:
        operator: Builds the comparison operator for a number of channels; one for each block.
        architecture: Sizes and dropout rates.
        image_size: Side of the square gray images, in pixels.
        classes: Number of classes.
    """

    def __init__(
        self,
        operator: Callable[[int], ComparisonOperator],
        architecture: Architecture,
        image_size: int,
        classes: int,
    ) -> None:
        super().__init__(architecture, image_size, classes)
        side = architecture.map_side(image_size)
        self.fc1 = nn.Linear(sum(architecture.channels) * side**2, architecture.hidden[0])
        nn.init.kaiming_normal_(self.fc1.weight, nonlinearity="relu")
        nn.init.zeros_(self.fc1.bias)
        self.operators = nn.ModuleList(map(operator, architecture.channels))

    @property
    def operator(self) -> ComparisonOperator:
        """The operator after the last block; those of the others differ in their channels."""
        return cast(ComparisonOperator, self.operators[-1])

    @property
    def name(self) -> str:
        return f"CompCNN-{self.operator.name}@all"

    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        maps, compared = torch.cat([onset, apex]), []
        last = len(self.blocks) - 1
        for number, (block, operator) in enumerate(zip(self.blocks, self.operators, strict=True)):
            maps = block(maps)
            compared.append(torch.relu(operator(*maps.chunk(2))))
            if number < last:  # both paths drop the same units, as in CompCNN
                maps = self.pool_dropout[number](maps, paths=2)
        side = compared[-1].shape[-1]
        joined = torch.cat([functional.adaptive_max_pool2d(each, side) for each in compared], dim=1)
        dropped: Tensor = self.pool_dropout[last](joined)
        return dropped


def build_comp_cnn(
    operator: Callable[[int], ComparisonOperator], placement: int | str, **sizes: Any
) -> CompCNN | AllPlacementsCNN:
    """The network with a comparison at one placement, or at all of them.

    Args:
        operator: Builds the comparison operator for a number of channels.
        placement: The block (1, 2 or 3) after which the paths are compared, or ``all``.
        **sizes: ``architecture``, ``image_size`` and ``classes`` of the network.

    Raises:
        InputError: If there is no such placement.
    """
    if placement == "all":
        return AllPlacementsCNN(operator, **sizes)
    return CompCNN(operator, cast(int, placement), **sizes)
