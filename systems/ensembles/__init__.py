"""The paper's ensemble: a linear SVM over the networks of the three placements."""

from posed_spontaneous.systems.ensembles.members import Ensemble, Inventory, find_ensembles

__all__ = ["Ensemble", "Inventory", "find_ensembles"]
