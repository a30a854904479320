"""Networks of pairs: plain torch, usable without the rest of the framework."""

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comp_cnn import CompCNN
from posed_spontaneous.networks.comparison import ComparisonOperator, LinearCombination, Subtraction
from posed_spontaneous.networks.conv_network import ConvNetwork
from posed_spontaneous.networks.diff_cnn import DiffCNN
from posed_spontaneous.networks.pair_network import PairNetwork, check_network, count_flops

__all__ = [
    "Architecture",
    "CompCNN",
    "ComparisonOperator",
    "ConvNetwork",
    "DiffCNN",
    "LinearCombination",
    "PairNetwork",
    "Subtraction",
    "check_network",
    "count_flops",
]
