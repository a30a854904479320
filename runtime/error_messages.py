"""Reports a user's mistake in one line, without a traceback."""

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
def one_line_errors(*, continue_sweep: bool = False) -> Iterator[None]:
    """Report an ``InputError`` of the block in one line and exit with status 1.

    Hydra wraps exceptions of a ``_target_``; the InputError inside is unwrapped. All other
    exceptions keep their traceback, and so does an InputError under ``HYDRA_FULL_ERROR=1``.

    Args:
        continue_sweep: In a sweep, only this job fails: the other jobs run, and Hydra exits with
            status 1 after them. Hydra prints the first failure only, so each failure is logged.
    """
    in_sweep = continue_sweep and HydraConfig.get().mode is RunMode.MULTIRUN
    try:
        yield
    except Exception as error:
        cause = error.__cause__ if isinstance(error, InstantiationException) else error
        if os.environ.get("HYDRA_FULL_ERROR") or not isinstance(cause, InputError):
            if in_sweep:
                log.exception("job failed")
            raise
        if in_sweep:
            log.error("%s", cause)
            raise CompactHydraException(str(cause)) from None
        sys.exit(f"error: {cause}")
