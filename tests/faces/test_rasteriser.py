"""The z-buffer gives the same result as triangles computed by hand."""

import numpy as np
import pytest

from posed_spontaneous.faces.rasteriser import rasterise

FRONT = np.array([[0, 2, 1]])


def test_a_right_triangle_covers_the_pixels_with_their_centre_inside() -> None:
    # Corners (0, 0), (4, 0), (0, 4): centre (c + .5, r + .5) is inside where c + r + 1 < 4.
    points = np.array([[0, 0], [4, 0], [0, 4]], dtype=np.float32)
    depth = np.array([1, 5, 1], dtype=np.float32)

    seen = rasterise(points, depth, FRONT, height=4, width=4)

    assert seen.pixel.tolist() == [0, 1, 2, 4, 5, 8]
    assert seen.triangle.tolist() == [0] * 6
    # The depth is 1 + x, and x is .5 to the right of the column's edge.
    assert seen.depth.tolist() == pytest.approx([1.5, 2.5, 3.5, 1.5, 2.5, 1.5])
    # At (.5, .5) the weights of (0, 0), (0, 4) and (4, 0) are 1 - 1/8 - 1/8, 1/8 and 1/8.
    assert seen.weights[0].tolist() == pytest.approx([0.75, 0.125, 0.125])


def test_each_pixel_shows_the_nearer_triangle() -> None:
    # Two triangles with the same outline: depth increases to the right in the first, and is 2
    # everywhere in the second.
    corners = np.array([[0, 0], [8, 0], [0, 8]], dtype=np.float32)
    points = np.vstack([corners, corners])
    depth = np.array([0, 8, 0, 2, 2, 2], dtype=np.float32)
    triangles = np.array([[0, 2, 1], [3, 5, 4]])

    seen = rasterise(points, depth, triangles, height=8, width=8)

    columns = seen.pixel % 8
    # The depth of the first is column + .5, which exceeds 2 from column 2 on.
    assert np.array_equal(seen.triangle, np.where(columns >= 2, 0, 1))


def test_adjacent_triangles_cover_each_pixel_exactly_once() -> None:
    # A square divided along its diagonal, with pixel centres exactly on the shared edge.
    points = np.array([[0, 0], [6, 0], [6, 6], [0, 6]], dtype=np.float32)
    halves = np.array([[0, 2, 1], [0, 3, 2]])
    depth = np.ones(4, dtype=np.float32)

    both = rasterise(points, depth, halves, height=6, width=6)
    one, two = (rasterise(points, depth, half[None], height=6, width=6) for half in halves)

    assert both.pixel.tolist() == list(range(36))
    assert len(one.pixel) + len(two.pixel) == 36


def test_back_faces_and_triangles_outside_the_grid_are_not_visible() -> None:
    points = np.array([[0, 0], [4, 0], [0, 4]], dtype=np.float32)
    depth = np.ones(3, dtype=np.float32)

    assert rasterise(points, depth, FRONT[:, ::-1], height=4, width=4).pixel.size == 0
    assert rasterise(points + 10, depth, FRONT, height=4, width=4).pixel.size == 0
