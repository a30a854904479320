"""The head pack: a head with its shapes, extracted from the raw assets and stored in one file."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.arrays import Floats, Indices
from posed_spontaneous.faces.assets import (
    LOWER_TEETH,
    SKIN,
    TONGUE,
    UPPER_TEETH,
    asset_folder,
    read_mask,
    read_mesh,
    read_shapes,
)
from posed_spontaneous.faces.mesh import ShapeSet, Topology
from posed_spontaneous.faces.occlusion import ambient_occlusion
from posed_spontaneous.runtime.files import write_whole

PACK_NAME = "head-pack-6.npz"
"""Increase the number whenever the content changes."""
NECK_HEIGHT, SHOULDER_WIDTH = 5.75, 0.95
"""Decimetres: the head and neck are the vertices above the one and within the other."""
MIN_OPENNESS = {UPPER_TEETH: 0.55, LOWER_TEETH: 0.3, TONGUE: 0.25}
"""Openness of the front of the mouth: light that is reflected inside it keeps it from black."""
OPEN_MOUTH = {
    "expression/jawOpen": 0.7,
    "expression/mouthUpperUpLeft": 0.6,
    "expression/mouthUpperUpRight": 0.6,
}


@dataclass(frozen=True)
class HeadPack:
    """A neutral head of V vertices and its shapes.

    Attributes:
        rest: Neutral vertices in decimetres, ``(V, 3)``: x to the subject's left, y up, z forward.
        topology: The triangles.
        part: Index in ``assets.PARTS`` of each vertex, ``(V,)``.
        lips: How much a vertex belongs to the red of the lips, 0 to 1, ``(V,)``.
        openness: Share of the surroundings that a vertex sees, 0 to 1, ``(V,)``.
        shapes: Groups ``macro``, ``identity``, ``asymmetry`` and ``expression``.
    """

    rest: Floats
    topology: Topology
    part: Indices
    lips: Floats
    openness: Floats
    shapes: ShapeSet


def load_head_pack(cache: Path) -> HeadPack:
    """Load the head pack from a folder; the first call builds it there, which takes seconds.

    Raises:
        InputError: If it has to be built and the asset package is not installed.
    """
    path = cache / PACK_NAME
    if not path.exists():
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **_extract(asset_folder()))
        write_whole(path, stream.getvalue())
    with np.load(path) as stored:
        return HeadPack(
            rest=stored["rest"],
            topology=Topology(stored["triangles"].astype(np.int64)),
            part=stored["part"].astype(np.int64),
            lips=stored["lips"],
            openness=stored["openness"],
            shapes=ShapeSet(
                tuple(str(name) for name in stored["names"]),
                stored["starts"].astype(np.int64),
                stored["vertices"].astype(np.int64),
                stored["deltas"].astype(np.float32),
            ),
        )


def _extract(data: Path) -> dict[str, NDArray[np.generic]]:
    positions, texture, quads, corners, part = read_mesh(data)
    x, y = positions[:, 0], positions[:, 1]
    in_head = (part > SKIN) | ((y > NECK_HEIGHT) & (np.abs(x) < SHOULDER_WIDTH))
    kept_quads = in_head[quads].all(axis=1)
    quads, corners = quads[kept_quads], corners[kept_quads]
    kept = np.unique(quads)
    part = part[kept]
    renumbered = np.full(len(positions), -1)
    renumbered[kept] = np.arange(len(kept))

    quads = renumbered[quads]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    rest = positions[kept].astype(np.float32)
    topology = Topology(triangles)
    shapes = read_shapes(data, renumbered)
    coordinates = np.zeros((len(kept), 2))
    coordinates[quads] = texture[corners]
    lips, cavity = (
        (part == SKIN) * read_mask(data, name, coordinates) for name in ("lips", "inside-mouth")
    )
    opened = rest.copy()
    shapes.add(opened, OPEN_MOUTH)
    closed_openness = ambient_occlusion(rest, topology)
    # The inside of the mouth is only visible while the mouth is open.
    inner = np.maximum(cavity, part >= UPPER_TEETH)
    gain = np.maximum(ambient_occlusion(opened, topology) - closed_openness, 0)
    openness = closed_openness + inner * gain
    frontal = np.clip((rest[:, 2] - 1.15) / 0.35, 0, 1)
    for member, least in MIN_OPENNESS.items():
        openness = np.where(part == member, np.maximum(openness, least * frontal), openness)
    return {
        "rest": rest,
        "triangles": triangles.astype(np.int16),
        "part": part.astype(np.int8),
        "lips": lips,
        "openness": openness.astype(np.float32),
        "names": np.array(shapes.names),
        "starts": shapes.starts.astype(np.int32),
        "vertices": shapes.vertices.astype(np.int16),
        "deltas": shapes.deltas.astype(np.float16),
    }
