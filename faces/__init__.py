"""Generated faces: an embedded stand-in for databases that cannot be shipped."""

from posed_spontaneous.faces.contact_sheet import write_contact_sheet
from posed_spontaneous.faces.errors import FacesError
from posed_spontaneous.faces.generator import generate_faces

__all__ = ["FacesError", "generate_faces", "write_contact_sheet"]
