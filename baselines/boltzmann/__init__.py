"""Boltzmann machines: three earlier systems of the paper's tables, and what they are made of.

The estimators follow scikit-learn and take arrays. Whatever is drawn at random comes from a
generator of its own, never from torch's or numpy's global stream.
"""

from baselines.boltzmann.annealing import Annealing, LogZ, enumerate_log_z
from baselines.boltzmann.ascent import Ascent
from baselines.boltzmann.dbm import DBM
from baselines.boltzmann.deep import DeepBoltzmannClassifier
from baselines.boltzmann.grouped import GroupedBoltzmann
from baselines.boltzmann.per_class import BoltzmannPerClass
from baselines.boltzmann.rbm import RBM
from baselines.boltzmann.units import visible_units

__all__ = [
    "DBM",
    "RBM",
    "Annealing",
    "Ascent",
    "BoltzmannPerClass",
    "DeepBoltzmannClassifier",
    "GroupedBoltzmann",
    "LogZ",
    "enumerate_log_z",
    "visible_units",
]
