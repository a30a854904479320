"""What goes wrong when faces are generated."""

from posed_spontaneous.runtime.errors import InputError


class FacesError(InputError):
    """A parameter is out of range, or the asset package is missing: told in one line."""
