"""Strokes on the atlas of a surface: skin, lips, brows, beard, eyes and hair.

The square of the atlas is the frontal view of the neutral head, so paint moves with the vertices.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 512
"""Pixels of the frontal view of the neutral head, the square part of the atlas."""
TILE = 128
"""Pixels of the square tiles below it: eye, teeth, tongue."""
LEFT, TOP, EXTENT = -1.1, 8.3, 2.2
"""Decimetres: the part of the frontal plane that the square covers."""
EYE_RADIUS = 0.138
EYE_HEIGHT = 7.284
EYE_SIDE = 0.308

Grid = NDArray[np.float32]


def _plane() -> tuple[Grid, Grid]:
    """Decimetres (x, y) at the centres of the square's pixels."""
    step = (np.arange(SIDE, dtype=np.float32) + 0.5) * (EXTENT / SIDE)
    x, y = np.meshgrid(LEFT + step, TOP - step)
    return x, y


def _smooth_noise(rng: np.random.Generator, cells: int) -> Grid:
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def _blot(x: Grid, y: Grid, centre: tuple[float, float], size: tuple[float, float]) -> Grid:
    """A soft spot of height 1, mirrored to both sides of the face."""
    across = (np.abs(x) - centre[0]) / size[0]
    return np.asarray(np.exp(-(across**2) - ((y - centre[1]) / size[1]) ** 2))


def complexion(rng: np.random.Generator) -> Grid:
    """Blotches, pores and a few moles, as a factor around 1."""
    noise = 0.02 * _smooth_noise(rng, 12) + 0.015 * _smooth_noise(rng, 60)
    shade = 1 + noise + 0.015 * _smooth_noise(rng, 250)
    for _ in range(rng.poisson(4)):
        x, y = int(rng.uniform(160, 350)), int(rng.uniform(120, 500))
        cv2.circle(shade, (x, y), int(rng.integers(1, 4)), float(rng.uniform(0.5, 0.85)), -1)
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), 1.2))


def paint_lips(
    rng: np.random.Generator,
    square: Grid,
    outlines: NDArray[np.float32],
    tone: float,
    gender: str,
) -> None:
    """Darken the lips, given as triangles in pixels, shape (T, 3, 2)."""
    mask = np.zeros((SIDE, SIDE), dtype=np.float32)
    for outline in np.round(outlines).astype(np.int32):
        cv2.fillConvexPoly(mask, outline, 1.0)
    soft = cv2.GaussianBlur(mask, (0, 0), 2.5)
    redness = rng.uniform(0.18, 0.38) + 0.1 * (gender == "female")
    square *= 1 - soft * redness * (0.6 + 0.4 * tone)


def paint_eye_region(rng: np.random.Generator, square: Grid, tone: float, age: float) -> None:
    """Shade the sockets, the bags, the roots of the lashes and the cheeks."""
    x, y = _plane()
    socket = _blot(x, y, (EYE_SIDE, EYE_HEIGHT + 0.07), (0.16, 0.08))
    bag = _blot(x, y, (EYE_SIDE - 0.03, EYE_HEIGHT - 0.14), (0.13, 0.05))
    lashes = _blot(x, y, (EYE_SIDE, EYE_HEIGHT + 0.035), (0.14, 0.045))
    blush = _blot(x, y, (0.42, 6.95), (0.16, 0.13))
    for spot, depth in (
        (socket, rng.uniform(0.05, 0.22)),
        (bag, rng.uniform(0.0, 0.1) + 0.15 * age),
        (lashes, rng.uniform(0.2, 0.5)),
        (blush, rng.uniform(0.0, 0.1) * tone),
    ):
        square *= 1 - spot * depth


def paint_beard(rng: np.random.Generator, square: Grid, hair_tone: float) -> None:
    """Anything from a clean shave to a short beard."""
    density = max(0.0, rng.normal(0.15, 0.2))
    x, y = _plane()
    jaw = 1 / (1 + np.exp((y - 6.72 - 0.9 * np.abs(x) ** 2) / 0.05))
    upper = _blot(x, y, (0.1, 6.76), (0.16, 0.05))
    grain = 1 + 0.3 * _smooth_noise(rng, 250)
    cover = np.clip(np.maximum(jaw, upper) * density * grain, 0, 0.85)
    cover *= 1 - _blot(x, y, (0.0, 6.64), (0.2, 0.06))
    square += cover * (hair_tone - square)


def paint_brows(rng: np.random.Generator, square: Grid, hair_tone: float, gender: str) -> None:
    """Stroke many short hairs along an arc above each eye."""
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


def paint_tiles(rng: np.random.Generator, strip: Grid) -> None:
    """The eye (sclera, iris, pupil), the teeth and the tongue."""
    middle = (TILE // 2, TILE // 2)
    per_unit = TILE / 2
    iris = float(rng.choice([0.05, 0.08, 0.12, 0.25], p=[0.4, 0.25, 0.2, 0.15]))
    eye = np.full((TILE, TILE), 0.62, dtype=np.float32)
    cv2.circle(eye, middle, int(0.46 * per_unit), iris * 0.6, -1, cv2.LINE_AA)
    cv2.circle(eye, middle, int(0.40 * per_unit), iris, -1, cv2.LINE_AA)
    cv2.circle(eye, middle, int(0.19 * per_unit), 0.01, -1, cv2.LINE_AA)
    glint = (middle[0] - int(0.14 * per_unit), middle[1] - int(0.16 * per_unit))
    cv2.circle(eye, glint, int(0.09 * per_unit), 1.6, -1, cv2.LINE_AA)
    strip[:, :TILE] = cv2.GaussianBlur(eye, (0, 0), 1.2)
    strip[:, TILE : 2 * TILE] = rng.uniform(0.6, 0.8)
    strip[:, 2 * TILE : 3 * TILE] = 0.16


def strands(rng: np.random.Generator) -> Grid:
    """Locks of hair that fall straight, as a factor around 1."""
    fine = rng.standard_normal((24, SIDE)).astype(np.float32)
    locks = np.asarray(cv2.GaussianBlur(fine, (0, 0), sigmaX=2.0, sigmaY=1.0))
    return np.asarray(
        cv2.resize(1 + 0.3 * locks / locks.std(), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    )
