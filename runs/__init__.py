"""The run folder: what it is called, what it holds, and how many are read as one table."""

from posed_spontaneous.runs.card import RunCard, digest_config
from posed_spontaneous.runs.predictions import (
    prediction_table,
    write_facts,
    write_features,
    write_predictions,
)
from posed_spontaneous.runs.reading import (
    Failure,
    RunFolder,
    find_failures,
    find_runs,
    join_predictions,
)
from posed_spontaneous.runs.store import CHECKPOINT, RunStore

__all__ = [
    "CHECKPOINT",
    "Failure",
    "RunCard",
    "RunFolder",
    "RunStore",
    "digest_config",
    "find_failures",
    "find_runs",
    "join_predictions",
    "prediction_table",
    "write_facts",
    "write_features",
    "write_predictions",
]
