"""Triangle mesh with the two surface quantities that shading needs: normals and concavity."""

import numpy as np

from posed_spontaneous.faces.arrays import Floats, Indices


class Topology:
    """Triangles of a mesh, prepared for sums over the triangles around each vertex.

    Args:
        triangles: Vertex indices, ``(T, 3)``, counter-clockwise seen from outside. Each of the V
            vertices belongs to at least one triangle.
    """

    def __init__(self, triangles: Indices) -> None:
        self.triangles = triangles
        corners = triangles.ravel()
        # The corners sorted by vertex, and where each vertex starts in that order.
        self._order = np.argsort(corners, kind="stable")
        self._starts = np.searchsorted(corners[self._order], np.arange(corners.max() + 1))

    def _sum_at_vertices(self, values: Floats) -> Floats:
        """Sum values of the triangle corners, ``(3 T, C)``, at each vertex, ``(V, C)``."""
        return np.add.reduceat(values[self._order], self._starts, axis=0)

    def normals(self, positions: Floats) -> Floats:
        """Return area-weighted unit normals of the vertices, ``(V, 3)``."""
        a, b, c = (positions[self.triangles[:, corner]] for corner in range(3))
        summed = self._sum_at_vertices(np.repeat(np.cross(b - a, c - a), 3, axis=0))
        length = np.linalg.norm(summed, axis=1, keepdims=True)
        return np.asarray(summed / np.maximum(length, 1e-9), dtype=np.float32)

    def smooth(self, values: Floats) -> Floats:
        """Average vertex values, ``(V,)``, over the triangles around each vertex."""
        around = values[self.triangles].mean(axis=1)
        columns = np.column_stack([around, np.ones_like(around)])
        total = self._sum_at_vertices(np.repeat(columns, 3, axis=0))
        return np.asarray(total[:, 0] / total[:, 1], dtype=np.float32)

    def concavity(self, positions: Floats, normals: Floats) -> Floats:
        """Return the depth of each vertex below its neighbours, ``(V,)``, about -1 to 1.

        The depth is relative to the distance of the neighbours.
        """
        corner = positions[self.triangles]
        offset = (np.roll(corner, -1, axis=1) + np.roll(corner, 1, axis=1) - 2 * corner) / 2
        spread = np.linalg.norm(offset, axis=2, keepdims=True)
        total = self._sum_at_vertices(
            np.concatenate([offset, spread], axis=2).reshape(-1, 4).astype(np.float32)
        )
        height = (total[:, :3] * normals).sum(axis=1)
        return np.asarray(height / np.maximum(total[:, 3], 1e-9), dtype=np.float32)
