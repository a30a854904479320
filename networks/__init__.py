"""The networks of the paper: plain torch, usable without the rest of the framework."""

from networks.architecture import Architecture
from networks.comp_cnn import CompCNN
from networks.comparison import ComparisonOperator, LinearCombination, Subtraction
from networks.diff_cnn import DiffCNN
from networks.pair_network import PairNetwork

__all__ = [
    "Architecture",
    "CompCNN",
    "ComparisonOperator",
    "DiffCNN",
    "LinearCombination",
    "PairNetwork",
    "Subtraction",
]
