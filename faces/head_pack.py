"""The head pack: a head with its shapes, cut once from the raw assets and kept as one file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.assets import (
    LOWER_TEETH,
    SKIN,
    TONGUE,
    UPPER_TEETH,
    asset_folder,
    read_mesh,
    read_shapes,
    sample_mask,
)
from posed_spontaneous.faces.mesh import Topology
from posed_spontaneous.faces.occlusion import ambient_occlusion
from posed_spontaneous.faces.shapes import ShapeSet
from posed_spontaneous.runtime.files import write_whole

PACK_NAME = "head-pack-6.npz"
"""Count it up whenever the content changes."""
NECK_HEIGHT, SHOULDER_WIDTH = 5.75, 0.95
"""Decimetres: the cut that keeps the head and the neck of the body mesh."""
LEAST_OPENNESS = {UPPER_TEETH: 0.55, LOWER_TEETH: 0.3, TONGUE: 0.25}
"""Light between teeth and lips bounces, so that the front of a mouth does not open black."""
OPEN_MOUTH = {
    "expression/jawOpen": 0.7,
    "expression/mouthUpperUpLeft": 0.6,
    "expression/mouthUpperUpRight": 0.6,
}


@dataclass(frozen=True)
class HeadPack:
    """A neutral head and everything that can be done to it.

    Attributes:
        rest: Neutral vertices in decimetres (x to the subject's left, y up, z forward), (V, 3).
        topology: Its triangles.
        part: Which of ``assets.PARTS`` a vertex belongs to, (V,).
        lips: How much a vertex belongs to the red of the lips, 0..1, (V,).
        openness: Share of the sky that a vertex sees, 0..1, (V,).
        shapes: Groups ``macro``, ``identity``, ``asymmetry`` and ``expression``.
    """

    rest: NDArray[np.float32]
    topology: Topology
    part: NDArray[np.int64]
    lips: NDArray[np.float32]
    openness: NDArray[np.float32]
    shapes: ShapeSet


def load_head_pack(cache: Path) -> HeadPack:
    """Return the head pack, building it into ``cache`` at the first call (seconds).

    Raises:
        FacesError: The asset package is not installed.
    """
    path = cache / PACK_NAME
    if not path.exists():
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **_extract(asset_folder()))
        write_whole(path, stream.getvalue())
    with np.load(path) as stored:
        return HeadPack(
            rest=stored["rest"],
            topology=Topology.of(stored["triangles"].astype(np.int64), len(stored["rest"])),
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
    headlike = (part > SKIN) | ((y > NECK_HEIGHT) & (np.abs(x) < SHOULDER_WIDTH))
    kept_quads = headlike[quads].all(axis=1)
    quads, corners = quads[kept_quads], corners[kept_quads]
    kept = np.unique(quads)
    renumbered = np.full(len(positions), -1)
    renumbered[kept] = np.arange(len(kept))

    quads = renumbered[quads]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    rest = positions[kept].astype(np.float32)
    topology = Topology.of(triangles, len(rest))
    shapes = read_shapes(data, renumbered)
    seams = np.zeros((len(kept), 2))
    seams[quads] = texture[corners]
    skin = part[kept] == SKIN
    lips, cavity = (skin * sample_mask(data, name, seams) for name in ("lips", "inside-mouth"))
    opened = rest.copy()
    shapes.add(opened, OPEN_MOUTH)
    sealed = ambient_occlusion(rest, topology)
    # What lies in the mouth is only ever seen with the mouth open.
    inner = np.maximum(cavity, part[kept] >= UPPER_TEETH)
    openness = sealed + inner * np.maximum(ambient_occlusion(opened, topology) - sealed, 0)
    frontal = np.clip((rest[:, 2] - 1.15) / 0.35, 0, 1)
    for member, least in LEAST_OPENNESS.items():
        openness = np.where(part[kept] == member, np.maximum(openness, least * frontal), openness)
    return {
        "rest": rest,
        "triangles": triangles.astype(np.int16),
        "part": part[kept].astype(np.int8),
        "lips": lips,
        "openness": openness.astype(np.float32),
        "names": np.array(shapes.names),
        "starts": shapes.starts.astype(np.int32),
        "vertices": shapes.vertices.astype(np.int16),
        "deltas": shapes.deltas.astype(np.float16),
    }
