"""The exception that a user's mistake raises."""


class InputError(ValueError):
    """A user's mistake in one line: where it is, what was found and how to fix it."""
