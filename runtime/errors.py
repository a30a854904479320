"""The one exception that a user's mistake raises."""


class InputError(ValueError):
    """A user's mistake, told in one line: where it is, what was found, how to mend it."""
