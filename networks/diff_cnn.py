"""DiffCNN: the baseline network that reads only the difference image (paper, figure 1)."""

from torch import Tensor

from posed_spontaneous.networks.conv_network import ConvNetwork


class DiffCNN(ConvNetwork):
    """One path that reads the difference image; it has no comparison layer."""

    def compare(self, onset: Tensor, apex: Tensor) -> Tensor:
        return self.run_blocks(onset - apex, first=0)
