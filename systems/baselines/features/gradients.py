"""Histograms of oriented gradients of the difference image."""

import numpy as np
from skimage.feature import hog

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features.pixels import Images, Rows, pixel_difference

BLOCK = 2
"""Cells along the side of a block that is normalised together."""


def difference_gradients(
    onset: Images, apex: Images, *, cells: int = 5, orientations: int = 9
) -> Rows:
    """Histograms of oriented gradients of apex less onset.

    No system of the paper's tables: a plain descriptor between raw pixel differences and learned
    ones. Chosen: unsigned orientations, blocks of 2x2 cells, L2-Hys, as scikit-image has them. A
    number of cells, not their size, makes rows of one length for any image size; the default
    gives cells of 8 pixels at 44x44. Pixels outside full cells are cut equally at both
    ends.

    Args:
        onset: Onset images, ``(N, H, W)``, 0 to 255.
        apex: Apex images, ``(N, H, W)``, 0 to 255.
        cells: Cells along each side, at least 2.
        orientations: Bins over 180 degrees.

    Returns:
        Rows ``(N, (cells - 1)**2 * 4 * orientations)``, 0 to 1; a pair without change gives 0.

    Raises:
        InputError: If the images do not fit together, or are smaller than the cells.
    """
    difference = pixel_difference(onset, apex).reshape(onset.shape)
    _, rows_of_pixels, columns = onset.shape
    if not BLOCK <= cells <= min(rows_of_pixels, columns):
        raise InputError(
            f"difference_gradients: {cells}x{cells} cells in images of {columns}x{rows_of_pixels} "
            f"pixels, expected at least {BLOCK} cells and a pixel for each: set cells to fit"
        )
    height, width = rows_of_pixels // cells, columns // cells
    top, left = rows_of_pixels % cells // 2, columns % cells // 2
    inner = difference[:, top : top + cells * height, left : left + cells * width]
    rows = np.zeros((len(inner), (cells - BLOCK + 1) ** 2 * BLOCK**2 * orientations), np.float32)
    for row, image in zip(rows, inner, strict=True):
        row[:] = hog(
            image,
            orientations=orientations,
            pixels_per_cell=(height, width),
            cells_per_block=(BLOCK, BLOCK),
        )
    return rows
