"""How a command reports a user's mistake: in one line, without a traceback."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException, InstantiationException
from hydra.types import RunMode

from posed_spontaneous.runtime.errors import InputError

log = logging.getLogger(__name__)


@contextmanager
def one_line_mistakes(*, spare_siblings: bool = False) -> Iterator[None]:
    """Report an ``InputError`` of the block in one line and end with status 1.

    Hydra wraps what a ``_target_`` raises; the mistake inside is unwrapped. Every other
    exception keeps its traceback, and so does a mistake under ``HYDRA_FULL_ERROR=1``.

    Args:
        spare_siblings: In a sweep, fail this job alone: the others run, and Hydra ends the sweep
            with status 1 after them. Hydra prints the first failure only, so each is logged.
    """
    in_sweep = spare_siblings and HydraConfig.get().mode is RunMode.MULTIRUN
    try:
        yield
    except Exception as error:
        mistake = error.__cause__ if isinstance(error, InstantiationException) else error
        if os.environ.get("HYDRA_FULL_ERROR") or not isinstance(mistake, InputError):
            if in_sweep:
                log.exception("job failed")
            raise
        if in_sweep:
            log.error("%s", mistake)
            raise CompactHydraException(str(mistake)) from None
        sys.exit(f"error: {mistake}")
