"""The 68 landmarks of the field (iBUG, after Multi-PIE) on the head mesh, exact in every frame.

Each is a fixed point of the mesh, so it moves with the expression, the pose and the crop and is
known where it cannot be seen. Left and right are the image's: the subject's right comes first.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.renderer import Camera, project

GROUPS: Mapping[str, tuple[int | tuple[int, ...], ...]] = {
    # From ear to ear along the edge of the lower jaw, the chin in the middle.
    "jaw": (863, 1657, 1520, 1664, 888, 885, 909, 911, 732,
            3051, 3049, 3025, 3028, 3783, 3645, 3776, 3006),
    # Along the middle of the painted brows; no vertex lies there, so most are means of some.
    "left brow": ((225, 255), 224, (222, 223), (205, 223, 233), (208, 228, 233, 235)),
    "right brow": ((2420, 2438, 2443, 2444), (2417, 2434, 2443), (2433, 2434), 2435, (2436, 2461)),
    "nose ridge": (133, (131, 1485), 201, 1476),
    "nose base": (326, 285, 317, 2491, 2525),
    # From the corner on the left over the upper lid's edge, and back along the lower lid's.
    "left eye": (21, 0, 54, 66, 47, 41),
    "right eye": (2287, 2275, 2221, 2242, 2262, 2268),
    # From the corner on the left over the upper lip, and back along the lower lip.
    "outer lips": (425, 447, 457, 466, 2653, 2644, 2622, 2603, (2672, 2678), 492, (480, 486), 406),
    "inner lips": (431, 470, 474, 2663, 2628, 2702, 523, 518),
}  # fmt: skip
"""In the order of the layout: vertices of the head pack, several where their mean is meant."""
POINTS = tuple(
    (point,) if isinstance(point, int) else point for group in GROUPS.values() for point in group
)
"""The vertices of each of the 68 landmarks."""
_VERTICES = np.concatenate(POINTS)
_COUNTS = np.array([len(point) for point in POINTS])
_STARTS = np.cumsum(_COUNTS) - _COUNTS


def locate(
    head: NDArray[np.float32], camera: Camera, crop: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Find the landmarks of a head in its picture.

    Args:
        head: Vertices in decimetres, shape (V, 3).
        camera: Head pose and distance.
        crop: Affine map, (2, 3), from the image plane to picture widths.
        size: Width of the picture in pixels.

    Returns:
        Pixels, x to the right and y down, shape (68, 2). (0, 0) is the centre of the top left
        pixel, whose corner the renderer calls (0, 0); a point may lie outside the picture.
    """
    points = np.add.reduceat(head[_VERTICES], _STARTS) / _COUNTS[:, None]
    plane, _, _ = project(points.astype(np.float32), camera)
    return np.asarray((plane @ crop[:, :2].T + crop[:, 2]) * size - 0.5, dtype=np.float32)
