"""Renders a head as a gray image of any size."""

from typing import NamedTuple

import cv2
import numpy as np

from posed_spontaneous.faces.arrays import Doubles, Floats
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.rasteriser import rasterise
from posed_spontaneous.faces.skin import Skin

PIVOT = np.array([0.0, 6.9, 0.2], dtype=np.float32)
"""Decimetres: the top of the neck, around which the head turns."""
MIN_RASTER = 176
"""Narrower images are rendered at a multiple of their size, at least this wide, and averaged."""
WRAP = 0.35
"""How far light reaches beyond the terminator, an approximation of scattering in the skin."""
CREASE_DEPTH = 3.0
"""How fast a fold darkens with its concavity."""
CREASE_START = 0.08
"""Concavity of smooth skin, which is not darkened."""
GAMMA = 1.8


class Camera(NamedTuple):
    """Head pose relative to the camera.

    Attributes:
        yaw: Rotation to the subject's left, in radians.
        pitch: Rotation upwards, in radians.
        roll: In-plane rotation, in radians.
        distance: From the camera to the head, in decimetres.
    """

    yaw: float
    pitch: float
    roll: float
    distance: float


class Light(NamedTuple):
    """One soft lamp in a bright room.

    Attributes:
        direction: Unit vector towards the lamp, ``(3,)``.
        key: Share of the lamp in the light, 0 to 1; the rest comes from all directions.
        exposure: Factor on all light.
        background: Gray value of the wall, 0 to 1.
    """

    direction: Doubles
    key: float
    exposure: float
    background: float


def project(positions: Floats, camera: Camera) -> tuple[Floats, Floats, Floats]:
    """Rotate the head and project it in perspective.

    Args:
        positions: Vertices in decimetres, ``(V, 3)``.
        camera: Head pose and distance.

    Returns:
        Points on the image plane, ``(V, 2)`` (x right, y down, decimetres at the depth of the
        pivot), nearness, ``(V,)``, and the rotation matrix, ``(3, 3)``.
    """
    rotation = _rotation(camera)
    turned = (positions - PIVOT) @ rotation.T
    # Proportional to 1 / z, which is affine on the screen, so that the z-buffer is exact.
    nearness = camera.distance / (camera.distance - turned[:, 2])
    points = turned[:, :2] * np.array([1, -1]) * nearness[:, None]
    return points.astype(np.float32), nearness.astype(np.float32), rotation


def render(
    pack: HeadPack,
    positions: Floats,
    skin: Skin,
    camera: Camera,
    light: Light,
    crop: Floats,
    size: tuple[int, int],
) -> Floats:
    """Render a head.

    Args:
        pack: The head pack of the vertices.
        positions: Vertices in decimetres, ``(V, 3)``.
        skin: The surface.
        camera: Head pose and distance.
        light: The illumination.
        crop: Affine map, ``(2, 3)``, from the image plane to image widths: (0, 0) is the top left
            corner of the image and x = 1 its right edge.
        size: Height and width in pixels.

    Returns:
        Display-referred gray values, 0 to 1, ``(H, W)``.
    """
    height, width = size
    scale = max(1, -(-MIN_RASTER // width))
    points, nearness, rotation = project(positions, camera)
    points = (points @ crop[:, :2].T + crop[:, 2]) * (width * scale)
    triangles = pack.topology.triangles
    seen = rasterise(points, nearness, triangles, height * scale, width * scale)

    normals = pack.topology.normals(positions)
    folds = pack.topology.smooth(pack.topology.concavity(positions, normals))
    columns = (skin.coordinates, normals @ rotation.T, pack.openness, folds, skin.hair)
    surface = np.column_stack(columns).astype(np.float32)
    values = np.einsum("nk,nkc->nc", seen.weights, surface[triangles[seen.triangle]])
    image = np.full((height * scale, width * scale), light.background, dtype=np.float32)
    image.ravel()[seen.pixel] = _shade(values, skin, light)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def _rotation(camera: Camera) -> Floats:
    angles = np.array([-camera.pitch, camera.yaw, camera.roll], dtype=np.float64)
    pitch, yaw, roll = (cv2.Rodrigues(vector)[0] for vector in np.diag(angles))
    return np.asarray(roll @ pitch @ yaw, dtype=np.float32)


def _shade(values: Floats, skin: Skin, light: Light) -> Floats:
    """Return display-referred gray values of N surface points, 0 to 1, ``(N,)``.

    Args:
        values: Atlas x and y, normal x, y and z, openness, concavity and hair, ``(N, 8)``.
        skin: The surface.
        light: The illumination.
    """
    texture = _look_up(skin.atlas, values[:, :2])
    normal = values[:, 2:5] / np.maximum(np.linalg.norm(values[:, 2:5], axis=1), 1e-6)[:, None]
    openness, concavity, hair = values[:, 5], values[:, 6], values[:, 7]
    hair = hair * hair * (3 - 2 * hair)

    albedo = texture[:, 0] + hair * (skin.hair_tone * texture[:, 1] - texture[:, 0])
    direction = light.direction.astype(np.float32)
    lamp = np.maximum((normal @ direction + WRAP) / (1 + WRAP), 0) * np.sqrt(openness)
    room = (0.8 + 0.2 * normal[:, 1]) * openness
    halfway = direction + np.array([0, 0, 1], dtype=np.float32)
    halfway /= np.linalg.norm(halfway)
    highlight = skin.gloss * np.maximum(normal @ halfway, 0) ** 12 * openness * (1 - hair)
    fold = np.exp(-CREASE_DEPTH * np.maximum(concavity - CREASE_START, 0))
    radiance = (albedo * (light.key * lamp + (1 - light.key) * room) + highlight * light.key) * fold
    return np.asarray(np.clip(radiance * light.exposure, 0, 1) ** (1 / GAMMA), dtype=np.float32)


def _look_up(atlas: Floats, places: Floats) -> Floats:
    """Interpolate both channels of the atlas at N places, ``(N, 2)``, bilinearly."""
    # OpenCV limits the rows of a map to 2**15, so the list is reshaped to 1024 columns.
    block = np.zeros((-(-len(places) // 1024) * 1024, 2), dtype=np.float32)
    block[: len(places)] = places
    x, y = block.T.reshape(2, -1, 1024)
    values = cv2.remap(atlas, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values.reshape(-1, 2)[: len(places)])
