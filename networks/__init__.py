"""Networks of pairs: plain torch, usable without the rest of the framework."""

from posed_spontaneous.networks.all_placements import AllPlacementsCNN, build_comp_cnn
from posed_spontaneous.networks.architecture import Architecture
from posed_spontaneous.networks.comparison import ComparisonOperator, LinearCombination, Subtraction
from posed_spontaneous.networks.nonlinear import (
    AbsoluteDifference,
    Concatenation,
    Correlation,
    CrossAttention,
    GatedDifference,
    LowRankBilinear,
    Mixture,
    Product,
)
from posed_spontaneous.networks.pair_network import PairNetwork, check_network, count_flops
from posed_spontaneous.networks.paper import CompCNN, ConvNetwork, DiffCNN

__all__ = [
    "AbsoluteDifference",
    "AllPlacementsCNN",
    "Architecture",
    "CompCNN",
    "ComparisonOperator",
    "Concatenation",
    "ConvNetwork",
    "Correlation",
    "CrossAttention",
    "DiffCNN",
    "GatedDifference",
    "LinearCombination",
    "LowRankBilinear",
    "Mixture",
    "PairNetwork",
    "Product",
    "Subtraction",
    "build_comp_cnn",
    "check_network",
    "count_flops",
]
