"""The one error this package raises on purpose."""


class FacesError(ValueError):
    """A request that the face generator cannot serve; the message says what to do."""
