"""The paper's ensemble: a linear SVM over the networks of the three placements."""

from ensembles.linear_svm import LinearSVM
from ensembles.members import Ensemble, find_ensembles

__all__ = ["Ensemble", "LinearSVM", "find_ensembles"]
