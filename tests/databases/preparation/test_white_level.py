"""All deep images of a database have one scale, whatever values each of them has."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posed_spontaneous.databases.preparation.images import ImageReader
from posed_spontaneous.databases.preparation.white_level import find_white_level
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError


def recorded(*frames: Path) -> Recording:
    return Recording(sample_id="s", subject_id="p", label="posed", frames=list(frames))


def save(path: Path, image: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


@pytest.mark.parametrize(
    ("largest", "white"),
    [(200, 255), (990, 1023), (1050, 4095), (4095, 4095), (16000, 16383), (65535, 65535)],
)
def test_the_largest_value_of_all_images_decides(tmp_path: Path, largest: int, white: int) -> None:
    dark = save(tmp_path / "dark.png", np.full((4, 4), 100, np.uint16))
    bright = save(tmp_path / "bright.png", np.full((4, 4), largest, np.uint16))
    usual = save(tmp_path / "usual.png", np.full((4, 4), 255, np.uint8))
    found = find_white_level([recorded(dark, usual), recorded(bright)])
    assert found is not None
    assert found[0] == white
    assert f"2 images have more than 8 bits: {white} is white" in found[1].message


@given(st.lists(st.integers(1, 65535), min_size=2, max_size=6))
def test_brightness_keeps_its_order_over_the_images(
    tmp_path_factory: pytest.TempPathFactory, values: list[int]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    paths = [
        save(folder / f"deep{place}.png", np.full((2, 2), value, np.uint16))
        for place, value in enumerate(values)
    ]
    found = find_white_level([recorded(path) for path in paths])
    assert found is not None
    read = [int(ImageReader(found[0]).read(path).image[0, 0]) for path in paths]
    for one, seen in zip(values, read, strict=True):
        assert seen == round(one * 255 / found[0])


def test_fractions_have_one_as_white(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.full((4, 4), 0.25, np.float32)).save(path)
    found = find_white_level([recorded(path)])
    assert found is not None
    assert found[0] == 1
    deep = save(tmp_path / "b.png", np.full((4, 4), 900, np.uint16))
    with pytest.raises(InputError, match=r"a\.tif and .*b\.png: one has values from 0 to 1"):
        find_white_level([recorded(path, deep)])


def test_images_of_8_bits_and_broken_files_need_none(tmp_path: Path) -> None:
    usual = save(tmp_path / "usual.png", np.full((4, 4), 255, np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no image")
    assert find_white_level([recorded(usual, tmp_path / "broken.png", tmp_path / "no.png")]) is None
