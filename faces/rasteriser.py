"""A scan-line z-buffer in numpy: the visible triangle and its barycentric weights at each pixel."""

from typing import NamedTuple

import numpy as np

from posed_spontaneous.faces.arrays import Doubles, Floats, Indices

MIN_AREA = 1e-9


class Fragments(NamedTuple):
    """The visible surface at each of the N covered pixels.

    Attributes:
        pixel: Flat index ``row * width + column``, ``(N,)``, strictly increasing.
        triangle: Index of the visible triangle, ``(N,)``.
        weights: Barycentric weights of its three corners, ``(N, 3)``; rows sum to 1.
        depth: Interpolated depth, ``(N,)``, larger is nearer.
    """

    pixel: Indices
    triangle: Indices
    weights: Floats
    depth: Floats


def rasterise(
    points: Floats, depth: Floats, triangles: Indices, height: int, width: int
) -> Fragments:
    """Determine the visible surface of a triangle mesh on a pixel grid.

    A pixel belongs to a triangle if its centre (column + .5, row + .5) is inside. Triangles that
    are clockwise on the screen (y down) are back faces and not visible.

    Args:
        points: Screen positions (x right, y down) in pixels, ``(V, 2)``.
        depth: Depth of each vertex, ``(V,)``, larger is nearer.
        triangles: Vertex indices, ``(T, 3)``, counter-clockwise when seen from the front.
        height: Rows of the grid.
        width: Columns of the grid.

    Returns:
        The nearest surface at each covered pixel.
    """
    corners = points.astype(np.float64)[triangles]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    low, high = corners.min(axis=1), corners.max(axis=1)
    area = _cross(c - a, b - a)
    inside = (high > 0).all(axis=1) & (low[:, 0] < width) & (low[:, 1] < height)
    kept = np.flatnonzero(inside & (area > MIN_AREA))
    corners = corners[kept]

    owner, row, first, last = _spans(corners, low[kept], high[kept], height, width)
    length = last - first
    owner, row, first = (np.repeat(array, length) for array in (owner, row, first))
    column = first + _ramp(length)

    planes = _weight_planes(corners, area[kept])
    nearness = np.einsum("tck,tc->tk", planes, depth[triangles[kept]])[owner]
    nearness = nearness[:, 0] * (column + 0.5) + nearness[:, 1] * (row + 0.5) + nearness[:, 2]
    pixel = row * width + column

    nearest = np.full(height * width, -np.inf)
    np.maximum.at(nearest, pixel, nearness)
    winner = np.full(height * width, -1)
    front = np.flatnonzero(nearness == nearest[pixel])
    winner[pixel[front]] = front
    chosen = winner[winner >= 0]
    centre = np.stack([column[chosen] + 0.5, row[chosen] + 0.5, np.ones(len(chosen))], axis=1)
    return Fragments(
        pixel[chosen],
        kept[owner[chosen]],
        np.einsum("nck,nk->nc", planes[owner[chosen]], centre).astype(np.float32),
        nearness[chosen].astype(np.float32),
    )


def _cross(a: Doubles, b: Doubles) -> Doubles:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _ramp(lengths: Indices) -> Indices:
    """Return 0, 1, …, length - 1 for each length, concatenated."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) - np.repeat(starts, lengths)


def _spans(
    corners: Doubles, low: Doubles, high: Doubles, height: int, width: int
) -> tuple[Indices, Indices, Indices, Indices]:
    """Cut triangles into rows: triangle, row, first column, and column after the last."""
    top = np.clip(np.ceil(low[:, 1] - 0.5), 0, height).astype(np.int64)
    bottom = np.clip(np.ceil(high[:, 1] - 0.5), 0, height).astype(np.int64)
    rows = np.maximum(bottom - top, 0)
    owner = np.repeat(np.arange(len(corners)), rows)
    row = top[owner] + _ramp(rows)

    step_x, step_y = np.moveaxis(np.roll(corners, -1, axis=1) - corners, 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = step_x / step_y
        start = corners[..., 0] - corners[..., 1] * slope
        crossing = start[owner] + (row[:, None] + 0.5) * slope[owner]
    # With y down, an edge of a front face bounds it on the left if y increases along it, and on
    # the right if y decreases. A horizontal edge bounds no row.
    left = np.where(step_y[owner] > 0, crossing, -np.inf).max(axis=1)
    right = np.where(step_y[owner] < 0, crossing, np.inf).min(axis=1)
    first = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    last = np.clip(np.ceil(right - 0.5), 0, width).astype(np.int64)
    return owner, row, first, np.maximum(last, first)


def _weight_planes(corners: Doubles, area: Doubles) -> Doubles:
    """Return the weight of each corner as (x slope, y slope, constant), ``(T, 3, 3)``."""
    b, c = np.roll(corners, -1, axis=1), np.roll(corners, -2, axis=1)
    planes = np.stack([b[..., 1] - c[..., 1], c[..., 0] - b[..., 0], _cross(b, c)], axis=2)
    return np.asarray(planes / -area[:, None, None])
