"""Systems that are no networks: features of a sample, and scikit-learn estimators on them."""

from posed_spontaneous.systems.baselines.metadata import metadata_probe
from posed_spontaneous.systems.baselines.oracle import cue_oracle
from posed_spontaneous.systems.baselines.samples import Samples, manifest_rows
from posed_spontaneous.systems.baselines.subject_search import SubjectSearch

__all__ = ["Samples", "SubjectSearch", "cue_oracle", "manifest_rows", "metadata_probe"]
