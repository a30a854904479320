"""The 68 landmarks of iBUG (after Multi-PIE) on the head mesh.

Each is a fixed point of the mesh, so its position is exact in every frame, even where it is
occluded. Left and right are those of the image, so the subject's right comes first.
"""

from collections.abc import Mapping

import numpy as np

from posed_spontaneous.faces.arrays import Floats
from posed_spontaneous.faces.renderer import Camera, project

GROUPS: Mapping[str, tuple[int | tuple[int, ...], ...]] = {
    # From ear to ear along the edge of the lower jaw, with the chin in the middle.
    "jaw": (863, 1657, 1520, 1664, 888, 885, 909, 911, 732,
            3051, 3049, 3025, 3028, 3783, 3645, 3776, 3006),
    # Along the middle of the painted brows, mostly between vertices.
    "left brow": ((225, 255), 224, (222, 223), (205, 223, 233), (208, 228, 233, 235)),
    "right brow": ((2420, 2438, 2443, 2444), (2417, 2434, 2443), (2433, 2434), 2435, (2436, 2461)),
    "nose ridge": (133, (131, 1485), 201, 1476),
    "nose base": (326, 285, 317, 2491, 2525),
    # From the left corner along the upper lid to the right corner, and back along the lower lid.
    "left eye": (21, 0, 54, 66, 47, 41),
    "right eye": (2287, 2275, 2221, 2242, 2262, 2268),
    # From the left corner along the upper lip to the right corner, and back along the lower lip.
    "outer lips": (425, 447, 457, 466, 2653, 2644, 2622, 2603, (2672, 2678), 492, (480, 486), 406),
    "inner lips": (431, 470, 474, 2663, 2628, 2702, 523, 518),
}  # fmt: skip
"""Vertices of the head pack in the order of the layout; a tuple is the mean of several."""
POINTS = tuple(
    (point,) if isinstance(point, int) else point for group in GROUPS.values() for point in group
)
"""The vertices of each of the 68 landmarks."""
_VERTICES = np.concatenate(POINTS)
_COUNTS = np.array([len(point) for point in POINTS])
_STARTS = np.cumsum(_COUNTS) - _COUNTS


def project_landmarks(head: Floats, camera: Camera, crop: Floats, size: int) -> Floats:
    """Compute the landmarks of a head in its image.

    Args:
        head: Vertices in decimetres, ``(V, 3)``.
        camera: Head pose and distance.
        crop: Affine map, ``(2, 3)``, from the image plane to image widths.
        size: Width of the image in pixels.

    Returns:
        Pixels, x to the right and y down, ``(68, 2)``. (0, 0) is the centre of the top left pixel,
        as opposed to its corner in ``crop``. A landmark can be outside the image.
    """
    points = np.add.reduceat(head[_VERTICES], _STARTS) / _COUNTS[:, None]
    plane, _, _ = project(points.astype(np.float32), camera)
    return np.asarray((plane @ crop[:, :2].T + crop[:, 2]) * size - 0.5, dtype=np.float32)
