"""Systems that are no networks: scikit-learn estimators over the manifest's rows."""

from baselines.oracle import cue_oracle

__all__ = ["cue_oracle"]
