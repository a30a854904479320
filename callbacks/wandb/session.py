"""A W&B run without a Trainer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import wandb


@contextmanager
def open_session(init: Mapping[str, Any], **identity: Any) -> Iterator[Any]:
    """Open a W&B run for the block and close it in any case.

    Args:
        init: ``project``, ``dir``, ``mode`` and ``settings``, shared by many runs.
        **identity: Arguments of this run only: ``group``, ``name``, ``config``, ...

    Yields:
        The run.
    """
    # Otherwise W&B falls back to a temporary folder.
    Path(init["dir"]).mkdir(parents=True, exist_ok=True)
    # W&B changes the settings that it receives.
    with wandb.init(**identity, **deepcopy(dict(init))) as run:
        yield run
