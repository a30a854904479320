"""The 68 facial points (iBUG order) as complex numbers, where a similarity is ``a * z + b``.

Left and right are those of the image: 36 to 41 is the left eye. x runs right, y down.
"""

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError

Points = NDArray[np.float32]
ComplexPoints = NDArray[np.complex128]

LEFT_EYE_CORNERS = (36, 39)
RIGHT_EYE_CORNERS = (42, 45)
SMALLEST_EYE_DISTANCE = 1.0
"""In pixels; below it there is no face to measure."""


def to_complex(points: Points, name: str) -> ComplexPoints:
    """Points as complex numbers x + iy, checked.

    Args:
        points: Facial points in pixels, ``(N, 68, 2)``.
        name: What to call them in a complaint.

    Returns:
        ``(N, 68)``.

    Raises:
        InputError: If they have another shape, are not finite, or a face's eyes coincide.
    """
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        raise InputError(
            f"{name}: their shape is {points.shape}, expected (N, 68, 2): give the 68 facial "
            "points of each face as x and y"
        )
    plane: ComplexPoints = np.asarray(points, np.float64) @ np.array([1, 1j])
    eyes = np.abs(eye_vector(plane))
    broken = ~np.isfinite(plane).all(axis=1) | ~(eyes >= SMALLEST_EYE_DISTANCE)
    if broken.any():
        row = int(broken.argmax())
        raise InputError(
            f"{name}, row {row}: the eyes are {eyes[row]:g} pixels apart, expected finite points "
            f"and {SMALLEST_EYE_DISTANCE:g} pixel or more: detect the points again or leave the "
            "sample out"
        )
    return plane


def check_paired(onset_points: Points, apex_points: Points) -> None:
    """Complain of points of an onset without an apex, or the other way round.

    Raises:
        InputError: If they are not those of as many faces.
    """
    if len(onset_points) != len(apex_points):
        raise InputError(
            f"onset and apex points: of {len(onset_points)} and {len(apex_points)} faces, "
            "expected as many: give both for every sample"
        )


def eye_vector(plane: ComplexPoints) -> NDArray[np.complex128]:
    """From the left eye's middle to the right one's, ``(N,)``.

    Corners only: lids move with the expression, corners hardly do.
    """
    left, right = eye_centres(plane)
    line: NDArray[np.complex128] = right - left
    return line


def eye_centres(plane: ComplexPoints) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Middles between the corners of the left and the right eye, each ``(N,)``."""
    left: NDArray[np.complex128] = plane[:, LEFT_EYE_CORNERS].mean(axis=1)
    right: NDArray[np.complex128] = plane[:, RIGHT_EYE_CORNERS].mean(axis=1)
    return left, right
