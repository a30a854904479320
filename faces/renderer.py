"""From vertices, surface, camera and light to a gray image of any size."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.rasteriser import rasterise
from posed_spontaneous.faces.skin import Skin

PIVOT = np.array([0.0, 6.9, 0.2], dtype=np.float32)
"""Decimetres: the top of the neck, about which the head turns."""
MIN_RASTER = 176
"""Pixels below which a picture is drawn larger and averaged down."""
WRAP = 0.35
"""How far light reaches around the terminator: stands for scattering in the skin."""
CREASE_DEPTH = 3.0
"""How fast a fold darkens with its concavity."""
CREASE_START = 0.08
"""Concavity of smooth skin, which casts no shade."""
GAMMA = 1.8


class Camera(NamedTuple):
    """Where the head looks relative to the lens, and from how far it is seen.

    Attributes:
        yaw: Turn to the subject's left, radians.
        pitch: Nod upwards, radians.
        roll: Tilt, radians.
        distance: From the lens to the head in decimetres.
    """

    yaw: float
    pitch: float
    roll: float
    distance: float


class Light(NamedTuple):
    """One soft lamp in a bright room.

    Attributes:
        direction: Unit vector towards the lamp.
        key: Share of the lamp in the light, 0..1; the rest comes from all around.
        exposure: Factor on all light.
        background: Gray of the wall, 0..1.
    """

    direction: tuple[float, float, float]
    key: float
    exposure: float
    background: float


def project(
    positions: NDArray[np.float32], camera: Camera
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Turn the head and see it in perspective.

    Returns:
        Points on the image plane (x right, y down, decimetres at the pivot's depth) of shape
        (V, 2), nearness of shape (V,), and the rotation, (3, 3).
    """
    rotation = _rotation(camera)
    turned = (positions - PIVOT) @ rotation.T
    # Affine on the screen, as 1 / z is, so that the z-buffer interpolates it exactly.
    nearness = camera.distance / (camera.distance - turned[:, 2])
    points = turned[:, :2] * np.array([1, -1]) * nearness[:, None]
    return points.astype(np.float32), nearness.astype(np.float32), rotation


def render(
    pack: HeadPack,
    positions: NDArray[np.float32],
    skin: Skin,
    camera: Camera,
    light: Light,
    crop: NDArray[np.float32],
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """Draw a head.

    Args:
        pack: The head pack the vertices belong to.
        positions: Vertices in decimetres, shape (V, 3).
        skin: The surface.
        camera: Head pose and distance.
        light: Illumination.
        crop: Affine map, (2, 3), from the image plane to picture widths: (0, 0) is the top left
            corner of the picture and x = 1 its right edge.
        size: Height and width in pixels.

    Returns:
        The picture, display-referred gray in 0..1, shape (height, width).
    """
    height, width = size
    scale = max(1, -(-MIN_RASTER // width))
    points, nearness, rotation = project(positions, camera)
    points = (points @ crop[:, :2].T + crop[:, 2]) * (width * scale)
    triangles = pack.topology.triangles
    seen = rasterise(points, nearness, triangles, height * scale, width * scale)

    normals = pack.topology.normals(positions)
    surface = np.column_stack(
        [
            skin.coordinates,
            normals @ rotation.T,
            pack.openness,
            pack.topology.smooth(pack.topology.concavity(positions, normals)),
            skin.hair,
        ]
    ).astype(np.float32)
    values = np.einsum("nk,nkc->nc", seen.weights, surface[triangles[seen.triangle]])
    picture = np.full((height * scale, width * scale), light.background, dtype=np.float32)
    picture.ravel()[seen.pixel] = _shade(values, skin, light)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _rotation(camera: Camera) -> NDArray[np.float32]:
    turns = []
    for axis, angle in enumerate((-camera.pitch, camera.yaw, camera.roll)):
        vector = np.zeros(3)
        vector[axis] = angle
        turns.append(cv2.Rodrigues(vector)[0])
    pitch, yaw, roll = turns
    return np.asarray(roll @ pitch @ yaw, dtype=np.float32)


def _shade(values: NDArray[np.float32], skin: Skin, light: Light) -> NDArray[np.float32]:
    """Display-referred gray of surface points: atlas x, y; normal; openness; concavity; hair."""
    samples = _look_up(skin.atlas, values[:, :2])
    normal = values[:, 2:5] / np.maximum(np.linalg.norm(values[:, 2:5], axis=1), 1e-6)[:, None]
    openness, concavity, hair = values[:, 5], values[:, 6], values[:, 7]
    hair = hair * hair * (3 - 2 * hair)

    albedo = samples[:, 0] + hair * (skin.hair_tone * samples[:, 1] - samples[:, 0])
    direction = np.array(light.direction, dtype=np.float32)
    lamp = np.maximum((normal @ direction + WRAP) / (1 + WRAP), 0) * np.sqrt(openness)
    room = (0.8 + 0.2 * normal[:, 1]) * openness
    halfway = direction + np.array([0, 0, 1], dtype=np.float32)
    halfway /= np.linalg.norm(halfway)
    highlight = skin.gloss * np.maximum(normal @ halfway, 0) ** 12 * openness * (1 - hair)
    fold = np.exp(-CREASE_DEPTH * np.maximum(concavity - CREASE_START, 0))
    radiance = (albedo * (light.key * lamp + (1 - light.key) * room) + highlight * light.key) * fold
    return np.asarray(np.clip(radiance * light.exposure, 0, 1) ** (1 / GAMMA), dtype=np.float32)


def _look_up(atlas: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sample the atlas at places (N, 2), bilinearly; (N, 2)."""
    # OpenCV takes maps of fewer than 2**15 rows, so the list is folded into a block.
    block = np.zeros((-(-len(places) // 1024) * 1024, 2), dtype=np.float32)
    block[: len(places)] = places
    x, y = block.T.reshape(2, -1, 1024)
    samples = cv2.remap(atlas, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(samples.reshape(-1, 2)[: len(places)])
