"""Boltzmann machines: the classifiers of three earlier systems, and the machines they use.

The classifiers follow scikit-learn's API. Random numbers come from a generator of each classifier,
never from the global state of torch or numpy.
"""

from posed_spontaneous.systems.baselines.boltzmann.dbm import DBM
from posed_spontaneous.systems.baselines.boltzmann.deep import DeepBoltzmannClassifier
from posed_spontaneous.systems.baselines.boltzmann.gradient_ascent import GradientAscent
from posed_spontaneous.systems.baselines.boltzmann.grouped import GroupedBoltzmann
from posed_spontaneous.systems.baselines.boltzmann.importance_sampling import (
    AnnealedImportanceSampling,
    LogZ,
)
from posed_spontaneous.systems.baselines.boltzmann.per_class import BoltzmannPerClass
from posed_spontaneous.systems.baselines.boltzmann.rbm import RBM
from posed_spontaneous.systems.baselines.boltzmann.units import visible_units

__all__ = [
    "DBM",
    "RBM",
    "AnnealedImportanceSampling",
    "BoltzmannPerClass",
    "DeepBoltzmannClassifier",
    "GradientAscent",
    "GroupedBoltzmann",
    "LogZ",
    "visible_units",
]
