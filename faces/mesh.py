"""Triangle topology and the two surface quantities that shading needs: normal and crease."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Topology:
    """Triangles of a mesh with the sums over them prepared.

    Attributes:
        triangles: Vertex indices, counter-clockwise from outside, shape (T, 3).
        corner_order: Corners sorted by vertex, shape (3 T,).
        corner_starts: Where each vertex begins in that order, shape (V,).
    """

    triangles: NDArray[np.int64]
    corner_order: NDArray[np.int64]
    corner_starts: NDArray[np.int64]

    @classmethod
    def of(cls, triangles: NDArray[np.int64], vertex_count: int) -> Topology:
        """Prepare the sums; every vertex must be in some triangle."""
        flat = triangles.ravel()
        order = np.argsort(flat, kind="stable")
        return cls(triangles, order, np.searchsorted(flat[order], np.arange(vertex_count)))

    def _sum_over_corners(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sum a quantity given per triangle corner, (3 T, C), at each vertex, (V, C)."""
        return np.add.reduceat(values[self.corner_order], self.corner_starts, axis=0)

    def normals(self, positions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unit vertex normals, area weighted, shape (V, 3)."""
        a, b, c = (positions[self.triangles[:, corner]] for corner in range(3))
        summed = self._sum_over_corners(np.repeat(np.cross(b - a, c - a), 3, axis=0))
        length = np.linalg.norm(summed, axis=1, keepdims=True)
        return np.asarray(summed / np.maximum(length, 1e-9), dtype=np.float32)

    def smooth(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Average a quantity, (V,), over the triangles around each vertex."""
        around = values[self.triangles].mean(axis=1)
        columns = np.column_stack([around, np.ones_like(around)])
        total = self._sum_over_corners(np.repeat(columns, 3, axis=0))
        return np.asarray(total[:, 0] / total[:, 1], dtype=np.float32)

    def concavity(
        self, positions: NDArray[np.float32], normals: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Depth of a vertex below its neighbours over their distance, about -1..1, shape (V,)."""
        corner = positions[self.triangles]
        offset = (np.roll(corner, -1, axis=1) + np.roll(corner, 1, axis=1) - 2 * corner) / 2
        spread = np.linalg.norm(offset, axis=2, keepdims=True)
        total = self._sum_over_corners(
            np.concatenate([offset, spread], axis=2).reshape(-1, 4).astype(np.float32)
        )
        height = (total[:, :3] * normals).sum(axis=1)
        return np.asarray(height / np.maximum(total[:, 3], 1e-9), dtype=np.float32)
