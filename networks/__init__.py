"""Networks of pairs: plain torch, usable without the rest of the framework."""

from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comparison import ComparisonOperator, LinearCombination, Subtraction
from posed_spontaneous.networks.pair_network import PairNetwork, check_network, count_flops
from posed_spontaneous.networks.paper import CompCNN, ConvNetwork, DiffCNN

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
