"""Earlier systems and references: features of a sample, and scikit-learn estimators on them."""

from posed_spontaneous.systems.baselines.inputs import BaselineInputs
from posed_spontaneous.systems.baselines.manifest_columns import (
    cue_oracle,
    manifest_rows,
    metadata_probe,
)

__all__ = ["BaselineInputs", "cue_oracle", "manifest_rows", "metadata_probe"]
