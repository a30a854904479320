"""Systems that are no networks: scikit-learn estimators over the manifest's rows."""

from baselines.metadata import metadata_probe
from baselines.oracle import cue_oracle

__all__ = ["cue_oracle", "metadata_probe"]
