"""DiffCNN: the baseline that sees only the difference of the pixels (paper, figure 1)."""

from torch import Tensor

from posed_spontaneous.networks.pair_network import PairNetwork


class DiffCNN(PairNetwork):
    """One path that reads the difference image; there is no comparison layer."""

    @property
    def name(self) -> str:
        return "DiffCNN"

    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        return self.run_blocks(onset - apex, first=0)
