"""The look of a subject's surface, all of it in one atlas that the vertices point into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posed_spontaneous.faces.assets import (
    LEFT_EYE,
    LOWER_TEETH,
    RIGHT_EYE,
    SKIN,
    TONGUE,
    UPPER_TEETH,
)
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.painting import (
    EXTENT,
    EYE_HEIGHT,
    EYE_RADIUS,
    EYE_SIDE,
    LEFT,
    SIDE,
    TILE,
    TOP,
    Grid,
    complexion,
    paint_beard,
    paint_brows,
    paint_eye_region,
    paint_lips,
    paint_tiles,
    strands,
)

LIP_SHARE = 0.3
"""How much red a triangle needs to be painted as lips."""


@dataclass(frozen=True)
class Skin:
    """What a renderer needs to know of a surface.

    Attributes:
        atlas: Albedo (0) and hair strands (1), each 0..1, shape (SIDE + TILE, SIDE, 2).
        coordinates: Where each vertex lies in the atlas, pixels (x, y), shape (V, 2).
        tone: Albedo of the bare skin, 0..1.
        hair: How much a vertex is covered by hair, 0..1, shape (V,).
        hair_tone: Albedo of the hair, 0..1.
        hair_volume: Thickness of the hair in decimetres.
        gloss: Strength of the highlight, 0..1.
    """

    atlas: Grid
    coordinates: Grid
    tone: float
    hair: Grid
    hair_tone: float
    hair_volume: float
    gloss: float

    def with_hair(self, pack: HeadPack, positions: Grid) -> Grid:
        """Puff up the scalp of a head by the thickness of its hair."""
        normals = pack.topology.normals(positions)
        lift = self.hair_volume * self.hair[:, None] * (1 + 0.5 * np.maximum(normals[:, 1:2], 0))
        return np.asarray(positions + lift * normals, dtype=np.float32)


def paint_skin(rng: np.random.Generator, pack: HeadPack, gender: str, age: float) -> Skin:
    """Draw the surface of one subject.

    Args:
        rng: The subject's own random stream.
        pack: The head pack.
        gender: ``female`` or ``male``.
        age: 0 is young, 1 is old.
    """
    tone = float(rng.uniform(0.22, 0.62))
    gray = 0.5 * max(age - 0.4, 0.0)
    hair_tone = float(min(0.015 + 0.13 * rng.beta(1, 3) + gray, 0.7 * tone))
    coordinates = _coordinates(pack)
    atlas = np.zeros((SIDE + TILE, SIDE, 2), dtype=np.float32)
    square = atlas[:SIDE, :, 0]
    square[:] = tone * complexion(rng)
    lips = pack.lips[pack.topology.triangles].mean(axis=1) > LIP_SHARE
    paint_lips(rng, square, coordinates[pack.topology.triangles[lips]], tone, gender)
    paint_eye_region(rng, square, tone, age)
    if gender == "male":
        paint_beard(rng, square, hair_tone)
    paint_brows(rng, square, hair_tone, gender)
    paint_tiles(rng, atlas[SIDE:, :, 0])
    atlas[:SIDE, :, 1] = strands(rng)
    return Skin(
        atlas=atlas,
        coordinates=coordinates,
        tone=tone,
        hair=_hairline(rng, pack, gender, age),
        hair_tone=hair_tone,
        hair_volume=float(rng.uniform(0.04, 0.12) + 0.06 * (gender == "female")),
        gloss=float(rng.uniform(0.02, 0.09)),
    )


def _coordinates(pack: HeadPack) -> Grid:
    """Frontal projection for the skin, a tile each for eyes, teeth and tongue."""
    x, y = pack.rest[:, 0], pack.rest[:, 1]
    place = np.stack([(x - LEFT), (TOP - y)], axis=1) * (SIDE / EXTENT)
    for part, side in ((LEFT_EYE, EYE_SIDE), (RIGHT_EYE, -EYE_SIDE)):
        ball = pack.part == part
        offset = np.stack([x - side, EYE_HEIGHT - y], axis=1)[ball] / EYE_RADIUS
        place[ball] = TILE / 2 * (1 + 0.98 * offset) + [0, SIDE]
    for number, parts in enumerate(((UPPER_TEETH, LOWER_TEETH), (TONGUE,)), start=1):
        place[np.isin(pack.part, parts)] = [TILE * (number + 0.5), SIDE + TILE / 2]
    return np.asarray(place, dtype=np.float32)


def _hairline(rng: np.random.Generator, pack: HeadPack, gender: str, age: float) -> Grid:
    """Cover of each vertex, from a line that falls from the forehead to the nape."""
    x, y, z = pack.rest.T
    height = np.interp(z, [0.0, 0.4, 0.55, 0.8, 1.1, 1.4], [6.5, 6.8, 7.15, 7.48, 7.62, 7.70])
    forehead = np.clip((z - 0.8) / 0.4, 0, 1)
    recede = rng.normal(0.0, 0.06) + 0.15 * age * (gender == "male")
    parting = rng.normal(0.0, 0.12)
    height = height + forehead * (recede + parting * x)
    cover = np.clip((y - height) / 0.08 + 0.5, 0, 1) * (pack.part == SKIN)
    return np.asarray(cover, dtype=np.float32)
