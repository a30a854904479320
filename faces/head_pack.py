"""The head pack: a head with its shapes, extracted from the raw assets and stored in one file."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces import assets
from posed_spontaneous.faces.arrays import Floats, Indices
from posed_spontaneous.faces.mesh import ShapeSet, Topology
from posed_spontaneous.faces.rasteriser import rasterise
from posed_spontaneous.runtime.files import write_whole

PACK_NAME = "head-pack-6.npz"
"""Increase the number whenever the content changes."""
NECK_HEIGHT, SHOULDER_WIDTH = 5.75, 0.95
"""Decimetres: the head and neck are the vertices above the one and within the other."""
MIN_OPENNESS = {assets.UPPER_TEETH: 0.55, assets.LOWER_TEETH: 0.3, assets.TONGUE: 0.25}
"""Openness of the front of the mouth: light that is reflected inside it keeps it from black."""
DIRECTIONS = 96
"""Number of directions from which ambient occlusion is computed."""
GRID = 200
"""Width and height, in pixels, of the rendering from each direction."""
DEPTH_TOLERANCE = 0.03
"""Decimetres by which a vertex may be behind the surface and still count as visible."""
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
        np.savez_compressed(stream, allow_pickle=False, **_extract(assets.asset_folder()))
        write_whole(path, stream.getvalue())
    with np.load(path) as stored:
        triangles, part, starts, vertices = (
            stored[name].astype(np.int64) for name in ("triangles", "part", "starts", "vertices")
        )
        names, deltas = tuple(stored["names"].tolist()), stored["deltas"].astype(np.float32)
        shapes = ShapeSet(names, starts, vertices, deltas)
        lips, openness = stored["lips"], stored["openness"]
        return HeadPack(stored["rest"], Topology(triangles), part, lips, openness, shapes)


def _extract(data: Path) -> dict[str, NDArray[np.generic]]:
    positions, texture, quads, corners, part = assets.read_mesh(data)
    x, y = positions[:, 0], positions[:, 1]
    in_head = (part > assets.SKIN) | ((y > NECK_HEIGHT) & (np.abs(x) < SHOULDER_WIDTH))
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
    shapes = assets.read_shapes(data, renumbered)
    coordinates = np.zeros((len(kept), 2))
    coordinates[quads] = texture[corners]
    masks = (assets.read_mask(data, name, coordinates) for name in ("lips", "inside-mouth"))
    lips, cavity = ((part == assets.SKIN) * mask for mask in masks)
    opened = rest.copy()
    shapes.add(opened, OPEN_MOUTH)
    closed_openness = _ambient_occlusion(rest, topology)
    # The inside of the mouth is only visible while the mouth is open.
    inner = np.maximum(cavity, part >= assets.UPPER_TEETH)
    gain = np.maximum(_ambient_occlusion(opened, topology) - closed_openness, 0)
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


def _ambient_occlusion(positions: Floats, topology: Topology) -> Floats:
    """Compute the cosine-weighted share of the surroundings that each vertex sees, ``(V,)``.

    The mesh is rendered from many directions.
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
