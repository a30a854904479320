"""Ambient occlusion of a mesh, by looking at it from many directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.mesh import Topology
from posed_spontaneous.faces.rasteriser import rasterise

DIRECTIONS = 96
GRID = 200
DEPTH_TOLERANCE = 0.03
"""Decimetres by which a vertex may lie behind the surface and still be lit."""


def ambient_occlusion(positions: NDArray[np.float32], topology: Topology) -> NDArray[np.float32]:
    """Cosine-weighted share of the upper and lateral sky seen by each vertex.

    Args:
        positions: Vertices, shape (V, 3).
        topology: Their triangles.

    Returns:
        Values in 0..1, shape (V,); 1 is fully open.
    """
    normals = topology.normals(positions)
    centre, extent = positions.mean(axis=0), np.ptp(positions, axis=0).max() * 1.8
    seen, possible = np.zeros(len(positions)), np.full(len(positions), 1e-6)
    for toward in _sky():
        frame = _screen_axes(toward)
        local = (positions - centre) @ frame.T
        points = (local[:, :2] * [1, -1] / extent + 0.5).astype(np.float32) * GRID
        fragments = rasterise(points, local[:, 2], topology.triangles, GRID, GRID)
        depth = np.full(GRID * GRID, -np.inf, dtype=np.float32)
        depth[fragments.pixel] = fragments.depth
        column, row = np.clip(points.astype(np.int64), 0, GRID - 1).T
        visible = local[:, 2] >= depth[row * GRID + column] - DEPTH_TOLERANCE
        facing = np.maximum(normals @ toward, 0)
        seen += facing * visible
        possible += facing
    share = (seen / possible).astype(np.float32)
    return topology.smooth(topology.smooth(share))  # the grid leaves a grain


def _sky() -> NDArray[np.float32]:
    """Unit vectors spread evenly over the sphere (a Fibonacci lattice)."""
    step = np.arange(DIRECTIONS) + 0.5
    y = 1 - 2 * step / DIRECTIONS
    angle = np.pi * (1 + 5**0.5) * step
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(angle), y, ring * np.sin(angle)], axis=1).astype(np.float32)


def _screen_axes(toward: NDArray[np.float32]) -> NDArray[np.float32]:
    """Right, up and toward-the-viewer axes as rows."""
    right = np.cross([0.0, 1.0, 0.0], toward)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(toward, right), toward]).astype(np.float32)
