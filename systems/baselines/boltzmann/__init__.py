"""Boltzmann machines: three earlier systems of the paper's tables, and their parts.

The estimators follow scikit-learn and take arrays. Random numbers come from a separate generator,
never from the global state of torch or numpy.
"""

from posed_spontaneous.systems.baselines.boltzmann.annealing import Annealing, LogZ
from posed_spontaneous.systems.baselines.boltzmann.ascent import Ascent
from posed_spontaneous.systems.baselines.boltzmann.dbm import DBM
from posed_spontaneous.systems.baselines.boltzmann.deep import DeepBoltzmannClassifier
from posed_spontaneous.systems.baselines.boltzmann.grouped import GroupedBoltzmann
from posed_spontaneous.systems.baselines.boltzmann.per_class import BoltzmannPerClass
from posed_spontaneous.systems.baselines.boltzmann.rbm import RBM
from posed_spontaneous.systems.baselines.boltzmann.units import visible_units

__all__ = [
    "DBM",
    "RBM",
    "Annealing",
    "Ascent",
    "BoltzmannPerClass",
    "DeepBoltzmannClassifier",
    "GroupedBoltzmann",
    "LogZ",
    "visible_units",
]
