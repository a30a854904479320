"""Generated faces: an embedded stand-in for databases that cannot be shipped."""

from posed_spontaneous.faces.errors import FacesError
from posed_spontaneous.faces.generator import generate_faces

__all__ = ["FacesError", "generate_faces"]
