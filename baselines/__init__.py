"""Systems that are no networks: features of a sample, and scikit-learn estimators on them."""

from baselines.metadata import metadata_probe
from baselines.oracle import cue_oracle
from baselines.samples import Samples, manifest_rows
from baselines.subject_search import SubjectSearch

__all__ = ["Samples", "SubjectSearch", "cue_oracle", "manifest_rows", "metadata_probe"]
