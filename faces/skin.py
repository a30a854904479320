"""The surface of a subject's head: skin, lips, brows, beard, eyes and hair."""

from dataclasses import dataclass

import cv2
import numpy as np

from posed_spontaneous.faces import assets
from posed_spontaneous.faces.arrays import Floats
from posed_spontaneous.faces.head_pack import HeadPack

SIDE = 512
"""Width and height, in pixels, of the square of the atlas."""
TILE = 128
"""Width and height, in pixels, of a tile of the atlas."""
LEFT, TOP, EXTENT = -1.1, 8.3, 2.2
"""Decimetres: the part of the frontal plane that the square covers."""
EYE_RADIUS = 0.138
EYE_HEIGHT = 7.284
EYE_SIDE = 0.308
LIP_SHARE = 0.3
"""Minimum share of red from which a triangle is painted as lips."""


@dataclass(frozen=True)
class Skin:
    """A surface, as the renderer needs it.

    Attributes:
        atlas: Albedo and hair strands, 0 to 1, ``(SIDE + TILE, SIDE, 2)``. The square at the top is
            the frontal view of the neutral head, so that paint moves with the vertices. Below it
            are tiles for eye, teeth and tongue.
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
    """Sample the surface of a ``female`` or ``male`` subject; age is 0 (young) to 1 (old)."""
    tone = float(rng.uniform(0.22, 0.62))
    gray = 0.5 * max(age - 0.4, 0.0)
    hair_tone = float(min(0.015 + 0.13 * rng.beta(1, 3) + gray, 0.7 * tone))
    coordinates = _atlas_coordinates(pack)
    triangles = pack.topology.triangles
    lips = coordinates[triangles[pack.lips[triangles].mean(axis=1) > LIP_SHARE]]
    return Skin(
        atlas=_paint_atlas(rng, lips, gender, age, tone, hair_tone),
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
    cover = np.clip((y - height) / 0.08 + 0.5, 0, 1) * (pack.part == assets.SKIN)
    return np.asarray(cover, dtype=np.float32)


def _atlas_coordinates(pack: HeadPack) -> Floats:
    """Return the position of each vertex in the atlas, in pixels (x, y), ``(V, 2)``."""
    x, y = pack.rest[:, 0], pack.rest[:, 1]
    place = np.stack([(x - LEFT), (TOP - y)], axis=1) * (SIDE / EXTENT)
    for part, side in ((assets.LEFT_EYE, EYE_SIDE), (assets.RIGHT_EYE, -EYE_SIDE)):
        ball = pack.part == part
        offset = np.stack([x - side, EYE_HEIGHT - y], axis=1)[ball] / EYE_RADIUS
        place[ball] = TILE / 2 * (1 + 0.98 * offset) + [0, SIDE]
    teeth = (pack.part == assets.UPPER_TEETH) | (pack.part == assets.LOWER_TEETH)
    place[teeth] = [TILE * 1.5, SIDE + TILE / 2]
    place[pack.part == assets.TONGUE] = [TILE * 2.5, SIDE + TILE / 2]
    return np.asarray(place, dtype=np.float32)


def _paint_atlas(
    rng: np.random.Generator, lips: Floats, gender: str, age: float, tone: float, hair_tone: float
) -> Floats:
    """Paint albedo and hair strands; ``lips`` are triangles in pixels, ``(T, 3, 2)``."""
    atlas = np.zeros((SIDE + TILE, SIDE, 2), dtype=np.float32)
    square = atlas[:SIDE, :, 0]
    square[:] = tone * _sample_complexion(rng)
    _paint_lips(rng, square, lips, tone, gender)
    _paint_eye_region(rng, square, tone, age)
    if gender == "male":
        _paint_beard(rng, square, hair_tone)
    _paint_brows(rng, square, hair_tone, gender)
    _paint_tiles(rng, atlas[SIDE:, :, 0])
    atlas[:SIDE, :, 1] = _sample_strands(rng)
    return atlas


def _plane() -> tuple[Floats, Floats]:
    """Return the coordinates x and y, in decimetres, of the centres of the square's pixels."""
    step = (np.arange(SIDE, dtype=np.float32) + 0.5) * (EXTENT / SIDE)
    x, y = np.meshgrid(LEFT + step, TOP - step)
    return x, y


def _sample_smooth_noise(rng: np.random.Generator, cells: int) -> Floats:
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def _spot(centre_x: float, centre_y: float, width: float, height: float) -> Floats:
    """Return a Gaussian spot of height 1, mirrored to both sides of the face."""
    x, y = _plane()
    across = (np.abs(x) - centre_x) / width
    return np.asarray(np.exp(-(across**2) - ((y - centre_y) / height) ** 2))


def _sample_complexion(rng: np.random.Generator) -> Floats:
    """Sample blotches, pores and a few moles, as a factor around 1."""
    noise = 0.02 * _sample_smooth_noise(rng, 12) + 0.015 * _sample_smooth_noise(rng, 60)
    shade = 1 + noise + 0.015 * _sample_smooth_noise(rng, 250)
    for _ in range(rng.poisson(4)):
        x, y = int(rng.uniform(160, 350)), int(rng.uniform(120, 500))
        cv2.circle(shade, (x, y), int(rng.integers(1, 4)), float(rng.uniform(0.5, 0.85)), -1)
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), 1.2))


def _paint_lips(
    rng: np.random.Generator, square: Floats, triangles: Floats, tone: float, gender: str
) -> None:
    mask = np.zeros((SIDE, SIDE), dtype=np.float32)
    for outline in np.round(triangles).astype(np.int32):
        cv2.fillConvexPoly(mask, outline, 1.0)
    soft = cv2.GaussianBlur(mask, (0, 0), 2.5)
    redness = rng.uniform(0.18, 0.38) + 0.1 * (gender == "female")
    square *= 1 - soft * redness * (0.6 + 0.4 * tone)


def _paint_eye_region(rng: np.random.Generator, square: Floats, tone: float, age: float) -> None:
    """Darken the eye sockets, the bags under the eyes, the lashes and the cheeks."""
    for x, y, width, height, depth in (
        (EYE_SIDE, EYE_HEIGHT + 0.07, 0.16, 0.08, rng.uniform(0.05, 0.22)),
        (EYE_SIDE - 0.03, EYE_HEIGHT - 0.14, 0.13, 0.05, rng.uniform(0.0, 0.1) + 0.15 * age),
        (EYE_SIDE, EYE_HEIGHT + 0.035, 0.14, 0.045, rng.uniform(0.2, 0.5)),
        (0.42, 6.95, 0.16, 0.13, rng.uniform(0.0, 0.1) * tone),
    ):
        square *= 1 - _spot(x, y, width, height) * depth


def _paint_beard(rng: np.random.Generator, square: Floats, hair_tone: float) -> None:
    """Paint a beard, from a clean shave to a short beard."""
    density = max(0.0, rng.normal(0.15, 0.2))
    x, y = _plane()
    jaw = 1 / (1 + np.exp((y - 6.72 - 0.9 * np.abs(x) ** 2) / 0.05))
    upper = _spot(0.1, 6.76, 0.16, 0.05)
    grain = 1 + 0.3 * _sample_smooth_noise(rng, 250)
    cover = np.clip(np.maximum(jaw, upper) * density * grain, 0, 0.85)
    cover *= 1 - _spot(0.0, 6.64, 0.2, 0.06)
    square += cover * (hair_tone - square)


def _paint_brows(rng: np.random.Generator, square: Floats, hair_tone: float, gender: str) -> None:
    """Paint many short hairs along an arc above each eye."""
    mask = np.zeros((SIDE, SIDE), dtype=np.float32)
    thick = rng.uniform(0.022, 0.045) + 0.012 * (gender == "male")
    lift, arch = rng.normal(0.0, 0.015), rng.uniform(0.02, 0.06)
    scale = SIDE / EXTENT
    for side in (-1, 1):
        along = rng.uniform(0, 1, 420)
        x = 0.11 + 0.4 * along
        y = EYE_HEIGHT + 0.19 + lift + arch * np.sin(np.pi * along**1.3) - 0.05 * along**3
        width = thick * np.minimum(0.4 + 3 * along, 1.15 - 0.8 * along)
        y += width * rng.uniform(-1, 1, along.size)
        lean = 0.035 * np.stack([0.4 + along, 0.5 - 0.7 * along], axis=1)
        start = np.stack([(side * x - LEFT), (TOP - y)], axis=1) * scale
        end = start + lean * [side, -1] * scale
        for one, two in zip(np.round(start * 8), np.round(end * 8), strict=True):
            ends = [tuple(int(value) for value in point) for point in (one, two)]
            cv2.line(mask, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 3)
    cover = cv2.GaussianBlur(mask, (0, 0), 1.5) * rng.uniform(0.75, 1.0)
    square += np.clip(cover, 0, 1) * (hair_tone * 0.9 - square)


def _paint_tiles(rng: np.random.Generator, strip: Floats) -> None:
    """Paint the eye (sclera, iris and pupil), the teeth and the tongue."""
    middle = (TILE // 2, TILE // 2)
    radius = TILE / 2
    iris = float(rng.choice([0.05, 0.08, 0.12, 0.25], p=[0.4, 0.25, 0.2, 0.15]))
    eye = np.full((TILE, TILE), 0.62, dtype=np.float32)
    highlight = (middle[0] - int(0.14 * radius), middle[1] - int(0.16 * radius))
    for centre, share, gray in (
        (middle, 0.46, iris * 0.6),
        (middle, 0.40, iris),
        (middle, 0.19, 0.01),
        (highlight, 0.09, 1.6),
    ):
        cv2.circle(eye, centre, int(share * radius), gray, -1, cv2.LINE_AA)
    strip[:, :TILE] = cv2.GaussianBlur(eye, (0, 0), 1.2)
    strip[:, TILE : 2 * TILE] = rng.uniform(0.6, 0.8)
    strip[:, 2 * TILE : 3 * TILE] = 0.16


def _sample_strands(rng: np.random.Generator) -> Floats:
    """Sample straight strands of hair, as a factor around 1."""
    fine = rng.standard_normal((24, SIDE)).astype(np.float32)
    locks = np.asarray(cv2.GaussianBlur(fine, (0, 0), sigmaX=2.0, sigmaY=1.0))
    return np.asarray(
        cv2.resize(1 + 0.3 * locks / locks.std(), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    )
