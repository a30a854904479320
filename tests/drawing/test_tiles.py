"""Images, differences and texts on tiles."""

import cv2
import numpy as np
import pytest

from posed_spontaneous.drawing.tiles import (
    PairPicture,
    TileFigure,
    difference_image,
    render_png,
    shorten,
)


def pixels(sheet: TileFigure) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(render_png(sheet.figure), np.uint8), cv2.IMREAD_COLOR_RGB)


def test_a_difference_does_not_wrap_around() -> None:
    onset, apex = np.full((8, 8), 100, np.uint8), np.zeros((8, 8), np.uint8)
    apex[2, 3] = 200
    difference = difference_image(onset, apex)
    assert difference[2, 3] == 0
    assert np.unique(difference).tolist() == [0, 255]
    assert np.unique(difference_image(onset, apex, limit=200)).tolist() == [64, 191]


def test_equal_images_have_a_gray_difference() -> None:
    image = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    difference = difference_image(image, image)
    assert difference.shape == (8, 8, 3)
    assert (difference == 128).all()


def test_a_missing_image_and_its_difference_are_crossed_out() -> None:
    image = np.full((4, 4), 90, np.uint8)
    shown = {}
    for name, apex in (("whole", image), ("missing", None)):
        sheet = TileFigure(4, 1, 1.0)
        sheet.show_pair(PairPicture(name="a", label="b", onset=image, apex=apex), 0, 0)
        shown[name] = len(sheet.axes.images), len(sheet.axes.lines)
    assert shown == {"whole": (3, 0), "missing": (1, 4)}


def test_images_and_points_are_at_their_position() -> None:
    image = np.zeros((10, 10, 3), np.uint8)
    image[7, 3] = 255, 0, 0
    sheet = TileFigure(2, 1, 1.0, dpi=100)
    sheet.show(image, 1, 0)
    red = np.argwhere((pixels(sheet) == (255, 0, 0)).all(axis=2))
    assert red.min(axis=0) == pytest.approx([70, 130], abs=1)
    assert red.max(axis=0) == pytest.approx([79, 139], abs=1)
    points = np.array([[3.0, 7.0], [np.nan, np.nan], [3.0, 12.0]])
    pair = PairPicture(name="a", label="b", onset=image, apex=None, points=points)
    sheet.show_pair(pair, 1, 0)
    ((x, y),) = sheet.axes.lines[-1].get_xydata()
    assert (x, y) == pytest.approx((1.35, 0.75))


@pytest.mark.parametrize(
    ("length", "expected"), [(8, "abcdefgh"), (7, "abc…fgh"), (4, "ab…h"), (2, "a…")]
)
def test_a_long_text_keeps_both_ends(length: int, expected: str) -> None:
    assert shorten("abcdefgh", length) == expected
