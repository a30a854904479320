"""Named, sparse vertex displacements: the axes along which a head can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.errors import FacesError


@dataclass(frozen=True)
class ShapeSet:
    """Sparse displacements of one mesh, each a named direction.

    Attributes:
        names: One ``group/name`` per shape.
        starts: Where each shape begins in ``vertices``, shape (S + 1,).
        vertices: Displaced vertices of all shapes in turn, shape (K,).
        deltas: Their displacements at weight 1 in decimetres, shape (K, 3).
    """

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    vertices: NDArray[np.int64]
    deltas: NDArray[np.float32]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    def in_group(self, group: str) -> list[str]:
        """Names of one group, in stored order."""
        return [name for name in self.names if name.startswith(f"{group}/")]

    def add(self, positions: NDArray[np.float32], weights: Mapping[str, float]) -> None:
        """Displace ``positions`` (V, 3) in place by the weighted shapes.

        Raises:
            FacesError: A name is not in the set.
        """
        for name, weight in weights.items():
            if name not in self._index:
                raise FacesError(f"no shape '{name}' in the head pack")
            if weight == 0:
                continue
            number = self._index[name]
            part = slice(self.starts[number], self.starts[number + 1])
            # A target lists a vertex once, so plain fancy indexing adds every row.
            positions[self.vertices[part]] += np.float32(weight) * self.deltas[part]
