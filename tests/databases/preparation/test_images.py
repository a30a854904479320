"""Any file is read as an upright 8-bit image or is an error in one line."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from posed_spontaneous.databases.preparation.images import MAX_SIDE, FrameError, ImageReader


@pytest.fixture
def scene() -> np.ndarray:
    """An image (24, 40) that differs from all its rotations and mirror images."""
    rng = np.random.default_rng(0)
    return cv2.resize(rng.integers(0, 256, (6, 10), dtype=np.uint8), (40, 24))


def read(path: Path) -> np.ndarray:
    return ImageReader().read(path).image


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "pgm", "webp"])
def test_lossless_gray_is_unchanged(scene: np.ndarray, suffix: str, tmp_path: Path) -> None:
    options = {"lossless": True, "quality": 100} if suffix == "webp" else {}
    Image.fromarray(scene).save(path := tmp_path / f"a.{suffix}", **options)
    image = read(path)
    gray = image if image.ndim == 2 else image[..., 0]
    np.testing.assert_array_equal(gray, scene)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_rotated_according_to_its_exif_tag(
    scene: np.ndarray, orientation: int, tmp_path: Path
) -> None:
    # How each tag's camera would have stored the upright scene, by the standard's table.
    stored = {
        1: scene, 2: scene[:, ::-1], 3: scene[::-1, ::-1], 4: scene[::-1],
        5: scene.T, 6: np.rot90(scene), 7: scene[::-1, ::-1].T, 8: np.rot90(scene, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(path := tmp_path / "a.png", exif=exif)
    frame = ImageReader().read(path)
    np.testing.assert_array_equal(frame.image, scene)
    assert frame.size == (40, 24)
    assert bool(frame.notes) == (orientation > 1)


@pytest.mark.parametrize("mode", ["CMYK", "P", "RGBA", "LA", "1", "YCbCr"])
def test_every_mode_is_converted_to_gray_or_colour_of_8_bits(mode: str, tmp_path: Path) -> None:
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    Image.new("RGB", (9, 7), (204, 204, 204)).convert(mode).save(path := tmp_path / f"a.{suffix}")
    image = read(path)
    assert image.dtype == np.uint8
    assert image.shape[:2] == (7, 9)
    assert image.ndim == 2 or image.shape[2] == 3
    if mode != "1":
        assert abs(image.astype(int) - 204).max() <= 2


def test_transparent_pixels_are_gray(tmp_path: Path) -> None:
    Image.new("RGBA", (5, 5), (255, 0, 0, 0)).save(path := tmp_path / "a.png")
    assert (read(path) == 128).all()


def test_more_bits_are_scaled_to_the_white_level(tmp_path: Path) -> None:
    values = np.linspace(0, 4000, 70).round().astype(np.uint16).reshape(7, 10)
    cv2.imwrite(str(path := tmp_path / "a.png"), values)
    frame = ImageReader(4095).read(path)
    np.testing.assert_allclose(frame.image, values * 255.0 / 4095, atol=0.5 + 1e-9)
    assert frame.notes == ("values from 0 to 4095 were converted to 8 bits",)
    clipped = ImageReader(1023).read(path)
    np.testing.assert_allclose(clipped.image, values.clip(0, 1023) * 255.0 / 1023, atol=0.5 + 1e-9)
    assert clipped.notes[1] == "larger values, up to 4000, became white"


def test_more_bits_are_refused_without_a_white_level(tmp_path: Path) -> None:
    cv2.imwrite(str(path := tmp_path / "a.png"), np.full((4, 4), 900, np.uint16))
    with pytest.raises(FrameError, match="has more than 8 bits, with values up to 900"):
        read(path)


def test_values_from_0_to_1_are_scaled_and_invalid_ones_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(tmp_path / "fraction.tif")
    assert (ImageReader(1).read(tmp_path / "fraction.tif").image == 128).all()
    Image.fromarray(np.full((4, 4), np.nan, np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(FrameError, match="nan"):
        ImageReader(1).read(tmp_path / "nan.tif")


def test_the_format_is_that_of_the_content_and_another_extension_is_noted(
    scene: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(scene).save(tmp_path / "a.bmp")
    (tmp_path / "a.bmp").rename(path := tmp_path / "a.jpg")
    frame = ImageReader().read(path)
    np.testing.assert_array_equal(frame.image, scene)
    assert frame.notes == ("a BMP file with another file extension",)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_a_very_large_image_is_shrunk_and_its_size_kept(suffix: str, tmp_path: Path) -> None:
    wide = Image.linear_gradient("L").resize((20_000, 500))
    wide.save(path := tmp_path / f"a.{suffix}")
    frame = ImageReader().read(path)
    assert frame.size == (20_000, 500)
    assert max(frame.image.shape) <= MAX_SIDE
    assert frame.image.shape[0] / frame.image.shape[1] == pytest.approx(500 / 20_000, rel=0.03)
    assert "20000x500 pixels were shrunk" in frame.notes
    assert frame.shrinkage == frame.image.shape[1] / 20_000


def test_an_image_of_gigabytes_is_refused(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(path := tmp_path / "a.png")
    with pytest.raises(FrameError, match="20000x20000, expected at most 100 million"):
        read(path)
    assert Image.MAX_IMAGE_PIXELS is not None  # Pillow's guard is back in place


def test_file_names_may_contain_blanks_and_any_script(scene: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(scene).save(path := tmp_path / "Müller 表情 1.png")
    np.testing.assert_array_equal(read(path), scene)


def broken(kind: str, folder: Path) -> Path:
    path = folder / "a.png"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("no image at all")
    elif kind == "link":
        path.symlink_to(folder / "gone.png")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless name":
        path = folder / ("x" * 300 + ".png")
    elif kind.startswith("truncated"):
        suffix = kind.split()[1]
        noise = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)
        content = bytes(cv2.imencode(f".{suffix}", noise)[1])
        path.write_bytes(content[: len(content) // 2])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("absent", "no such file"),
        ("empty", "is empty"),
        ("text", "begins with the text 'no image'"),
        ("link", "is a broken link"),
        ("loop", "link|reached"),
        ("folder", "a folder"),
        ("pipe", "a folder or a device"),
        ("endless name", "cannot be reached"),
        ("truncated png", "cannot be decoded"),
        ("truncated jpg", "cannot be decoded"),
        ("truncated bmp", "cannot be decoded"),
        ("truncated tiff", "cannot be decoded|no image"),
    ],
)
def test_a_file_that_is_no_image_is_an_error_in_one_line(
    kind: str, message: str, tmp_path: Path
) -> None:
    path = broken(kind, tmp_path)
    with pytest.raises(FrameError, match=message) as raised:
        read(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_without_permission_is_an_error(scene: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(scene).save(path := tmp_path / "a.png")
    path.chmod(0)
    with pytest.raises(FrameError, match="permission denied"):
        read(path)
