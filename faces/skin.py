"""The surface of a subject's head: skin and hair."""

from dataclasses import dataclass

import numpy as np

from posed_spontaneous.faces.arrays import Floats
from posed_spontaneous.faces.assets import SKIN
from posed_spontaneous.faces.atlas import atlas_coordinates, paint_atlas
from posed_spontaneous.faces.head_pack import HeadPack


@dataclass(frozen=True)
class Skin:
    """A surface, as the renderer needs it.

    Attributes:
        atlas: The painted texture, see ``faces.atlas.paint_atlas``.
        coordinates: Position of each vertex in the atlas, in pixels (x, y), ``(V, 2)``.
        hair: How much hair covers a vertex, 0 to 1, ``(V,)``.
        hair_volume: Thickness of the hair in decimetres.
        tone: Albedo of the bare skin, 0 to 1.
        hair_tone: Albedo of the hair, 0 to 1.
        gloss: Strength of the highlight, 0 to 1.
    """

    atlas: Floats
    coordinates: Floats
    hair: Floats
    hair_volume: float
    tone: float
    hair_tone: float
    gloss: float

    def with_hair(self, pack: HeadPack, positions: Floats) -> Floats:
        """Return the vertices with the scalp raised by the thickness of the hair, ``(V, 3)``."""
        normals = pack.topology.normals(positions)
        lift = self.hair_volume * self.hair[:, None] * (1 + 0.5 * np.maximum(normals[:, 1:2], 0))
        return np.asarray(positions + lift * normals, dtype=np.float32)


def sample_skin(rng: np.random.Generator, pack: HeadPack, gender: str, age: float) -> Skin:
    """Sample the surface of one subject.

    Args:
        rng: The random stream of the subject.
        pack: The head pack.
        gender: ``female`` or ``male``.
        age: 0 (young) to 1 (old).
    """
    tone = float(rng.uniform(0.22, 0.62))
    gray = 0.5 * max(age - 0.4, 0.0)
    hair_tone = float(min(0.015 + 0.13 * rng.beta(1, 3) + gray, 0.7 * tone))
    coordinates = atlas_coordinates(pack)
    return Skin(
        atlas=paint_atlas(rng, pack, coordinates, gender, age, tone, hair_tone),
        coordinates=coordinates,
        hair=_sample_hairline(rng, pack, gender, age),
        hair_volume=float(rng.uniform(0.04, 0.12) + 0.06 * (gender == "female")),
        tone=tone,
        hair_tone=hair_tone,
        gloss=float(rng.uniform(0.02, 0.09)),
    )


def _sample_hairline(rng: np.random.Generator, pack: HeadPack, gender: str, age: float) -> Floats:
    """Return the hair cover of each vertex, above a line from the forehead to the nape."""
    x, y, z = pack.rest.T
    height = np.interp(z, [0.0, 0.4, 0.55, 0.8, 1.1, 1.4], [6.5, 6.8, 7.15, 7.48, 7.62, 7.70])
    forehead = np.clip((z - 0.8) / 0.4, 0, 1)
    recede = rng.normal(0.0, 0.06) + 0.15 * age * (gender == "male")
    parting = rng.normal(0.0, 0.12)
    height = height + forehead * (recede + parting * x)
    cover = np.clip((y - height) / 0.08 + 0.5, 0, 1) * (pack.part == SKIN)
    return np.asarray(cover, dtype=np.float32)
