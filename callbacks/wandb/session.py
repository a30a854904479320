"""A W&B run that is opened without a Trainer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import wandb


@contextmanager
def open_session(init: Mapping[str, Any], **identity: Any) -> Iterator[Any]:
    """Open a W&B run for the block, and close it whatever happens.

    Args:
        init: ``project``, ``dir``, ``mode`` and ``settings``, the same for many runs.
        **identity: What tells this run from the others: ``group``, ``name``, ``config``, ...

    Yields:
        The run.
    """
    # Otherwise W&B falls back to a temporary folder.
    Path(init["dir"]).mkdir(parents=True, exist_ok=True)
    # W&B writes into the settings that it gets.
    with wandb.init(**identity, **deepcopy(dict(init))) as run:
        yield run
