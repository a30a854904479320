"""Ambient occlusion of a mesh, computed by rendering it from many directions."""

import numpy as np

from posed_spontaneous.faces.arrays import Floats
from posed_spontaneous.faces.mesh import Topology
from posed_spontaneous.faces.rasteriser import rasterise

DIRECTIONS = 96
GRID = 200
"""Width and height of each rendering in pixels."""
DEPTH_TOLERANCE = 0.03
"""Decimetres by which a vertex may be behind the surface and still count as visible."""


def ambient_occlusion(positions: Floats, topology: Topology) -> Floats:
    """Compute the cosine-weighted share of the surroundings that each vertex sees.

    Args:
        positions: Vertices, ``(V, 3)``.
        topology: Their triangles.

    Returns:
        Values from 0 (occluded) to 1 (open), ``(V,)``.
    """
    normals = topology.normals(positions)
    centre, extent = positions.mean(axis=0), np.ptp(positions, axis=0).max() * 1.8
    seen, possible = np.zeros(len(positions)), np.full(len(positions), 1e-6)
    for direction in _directions():
        local = (positions - centre) @ _screen_axes(direction).T
        points = (local[:, :2] * [1, -1] / extent + 0.5).astype(np.float32) * GRID
        fragments = rasterise(points, local[:, 2], topology.triangles, GRID, GRID)
        depth = np.full(GRID * GRID, -np.inf, dtype=np.float32)
        depth[fragments.pixel] = fragments.depth
        column, row = np.clip(points.astype(np.int64), 0, GRID - 1).T
        visible = local[:, 2] >= depth[row * GRID + column] - DEPTH_TOLERANCE
        facing = np.maximum(normals @ direction, 0)
        seen += facing * visible
        possible += facing
    share = (seen / possible).astype(np.float32)
    return topology.smooth(topology.smooth(share))  # removes the noise of the pixel grid


def _directions() -> Floats:
    """Return unit vectors spread evenly over the sphere (a Fibonacci lattice), ``(N, 3)``."""
    step = np.arange(DIRECTIONS) + 0.5
    y = 1 - 2 * step / DIRECTIONS
    angle = np.pi * (1 + 5**0.5) * step
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(angle), y, ring * np.sin(angle)], axis=1).astype(np.float32)


def _screen_axes(direction: Floats) -> Floats:
    """Return the axes right, up and towards the viewer as rows, ``(3, 3)``."""
    right = np.cross([0.0, 1.0, 0.0], direction)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), direction]).astype(np.float32)
