"""Generated faces: a free substitute for databases that cannot be shipped."""

from posed_spontaneous.faces.generator import generate_faces

__all__ = ["generate_faces"]
