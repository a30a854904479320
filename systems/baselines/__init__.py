"""Earlier systems and references: features of a sample, and scikit-learn estimators on them."""

from posed_spontaneous.systems.baselines.inputs import BaselineInputs, manifest_rows
from posed_spontaneous.systems.baselines.metadata import metadata_probe
from posed_spontaneous.systems.baselines.oracle import cue_oracle

__all__ = ["BaselineInputs", "cue_oracle", "manifest_rows", "metadata_probe"]
