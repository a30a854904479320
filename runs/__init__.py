"""The run folder: its name, its contents, and stored runs read as tables."""

from posed_spontaneous.runs.card import RunCard, name_run
from posed_spontaneous.runs.choices import add_sources, check_sections, digest_config
from posed_spontaneous.runs.predictions import prediction_table, write_outputs, write_predictions
from posed_spontaneous.runs.reading import (
    Failure,
    Results,
    RunFolder,
    find_failures,
    find_runs,
    join_predictions,
    load,
)
from posed_spontaneous.runs.searches import SearchCard, SearchFolder, find_searches
from posed_spontaneous.runs.store import CHECKPOINT, RunStore

__all__ = [
    "CHECKPOINT",
    "Failure",
    "Results",
    "RunCard",
    "RunFolder",
    "RunStore",
    "SearchCard",
    "SearchFolder",
    "add_sources",
    "check_sections",
    "digest_config",
    "find_failures",
    "find_runs",
    "find_searches",
    "join_predictions",
    "load",
    "name_run",
    "prediction_table",
    "write_outputs",
    "write_predictions",
]
