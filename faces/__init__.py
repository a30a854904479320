"""Generated faces: an embedded stand-in for databases that cannot be shipped."""

from faces.contact_sheet import write_contact_sheet
from faces.errors import FacesError
from faces.generator import generate_faces

__all__ = ["FacesError", "generate_faces", "write_contact_sheet"]
