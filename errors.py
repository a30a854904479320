"""The one exception that a user's mistake raises, and how a command reports it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import InstantiationException


class InputError(ValueError):
    """A user's mistake, told in one line: where it is, what was found, how to mend it."""


@contextmanager
def one_line_mistakes() -> Iterator[None]:
    """End the process with one line and status 1 when the block raises an :class:`InputError`.

    Hydra wraps what a ``_target_`` raises; the mistake inside is unwrapped. Every other
    exception keeps its traceback, and so does a mistake under ``HYDRA_FULL_ERROR=1``.
    """
    try:
        yield
    except (InputError, InstantiationException) as error:
        mistake = error.__cause__ if isinstance(error, InstantiationException) else error
        if os.environ.get("HYDRA_FULL_ERROR") or not isinstance(mistake, InputError):
            raise
        sys.exit(f"error: {mistake}")
