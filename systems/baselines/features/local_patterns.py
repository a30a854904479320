"""Completed local binary patterns on three orthogonal planes of a clip."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features.temporal import Clip, Floats, interpolate_clips

Codes = NDArray[np.int64]
Mapping = Literal["all", "uniform", "rotation"]

PLANES = {"XY": (2, 1), "XT": (2, 0), "YT": (1, 0)}
"""Axes of a ``(T, H, W)`` clip that each plane's ellipse runs along."""

NOISE = 1e-3
"""In levels of gray: smaller differences between interpolated pixels are rounding."""


def clbp_top(
    clips: Sequence[Clip],
    *,
    frames: int = 10,
    points: int = 8,
    radii: tuple[int, int, int] = (1, 1, 1),
    mapping: Mapping = "uniform",
    grid: tuple[int, int] = (4, 4),
) -> Floats:
    """Histograms of completed local binary patterns on the XY, XT and YT planes.

    Pfister et al. 2011. Stated: clips interpolated in time, then CLBP-TOP, that is sign, magnitude
    and centre on three orthogonal planes. Not stated: frames, points, radii, mapping, blocks, and
    how the three are combined. Chosen: 10 frames; 8 points at radius 1 on every axis; uniform
    codes, because rotation invariance on XT or YT would mix time and space; 4x4 blocks over the
    whole clip; concatenated histograms, each of sum 1. Codes are computed where the ellipses of all
    three planes fit, so the centre is the same on each and is counted once.

    Args:
        clips: N clips of frames, each ``(T, H, W)``, 0 to 255; T may differ.
        frames: Length that ``interpolate_clips`` brings all clips to, at
            least 2 * radius + 1.
        points: Neighbours of a pixel on each plane, 2 to 16.
        radii: Of the ellipses along x, y and t, in pixels and frames, at least 1.
        mapping: Bins of the codes: ``all`` 2**points codes; ``uniform``, codes with at most two
            changes around the ellipse and one bin for the others; ``rotation``, the uniform codes
            by their number of ones and one bin for the others.
        grid: Blocks along y and x.

    Returns:
        Rows ``(N, blocks * (6 * labels + 2))``, 0 to 1: sign and magnitude of each plane, then
        the centre, each block by block; 5696 numbers by default (59 labels, 16 blocks).

    Raises:
        InputError: If a clip is no three-dimensional array, clips differ in size or are too
            small, or an argument is out of its range.
    """
    if not 2 <= points <= 16 or min(*radii, *grid) < 1:
        raise InputError(
            f"clbp_top: {points} points, radii {radii} and grid {grid}, expected 2 to 16 points, "
            "radii and grid of 1 or more: set them so"
        )
    volumes = interpolate_clips(clips, frames)
    margins = radii[::-1]
    depth, height, width = (
        side - 2 * margin for side, margin in zip(volumes.shape[1:], margins, strict=True)
    )
    if depth < 1 or height < grid[0] or width < grid[1]:
        raise InputError(
            f"clbp_top: the clips' frames, height and width are {volumes.shape[1:]}, expected "
            f"place for {grid[0]}x{grid[1]} blocks inside margins of {margins}: set frames, radii "
            "and grid to fit"
        )
    labels = _label_codes(points, mapping)
    kinds = int(labels.max()) + 1
    blocks = _number_blocks(height, width, grid)
    counts = np.bincount(blocks.ravel())[:, None] * depth

    def histogram(codes: Codes, kinds: int) -> NDArray[np.float64]:
        joint = np.bincount((blocks * kinds + codes).ravel(), minlength=counts.size * kinds)
        shares: NDArray[np.float64] = joint.reshape(-1, kinds) / counts
        return shares.ravel()

    rows = np.zeros((len(volumes), counts.size * (2 * len(PLANES) * kinds + 2)), np.float32)
    for row, volume in zip(rows, volumes, strict=True):
        patterns = [
            histogram(labels[codes], kinds)
            for plane in PLANES.values()
            for codes in sign_and_magnitude(volume, plane, points, margins)
        ]
        row[:] = np.concatenate([*patterns, histogram(centre(volume, margins), 2)])
    return rows


def sign_and_magnitude(
    clip: Floats, plane: tuple[int, int], points: int, margins: tuple[int, ...]
) -> tuple[Codes, Codes]:
    """Codes of each pixel's neighbours on one plane.

    Neighbour p is at the angle 2 pi p / P, from the plane's first axis against its second, and
    has the bit 2**p: set in the sign where it is no darker than the pixel, in the magnitude
    where it differs by the mean difference or more.

    Args:
        clip: Frames, ``(T, H, W)``.
        plane: Two axes of the clip.
        points: Neighbours, P.
        margins: Radii along t, y and x, which are excluded at each side.

    Returns:
        Two arrays of the clip's size less the margins, 0 to 2**P - 1.
    """
    middle = _shift(clip, np.zeros(3), margins)
    differences = [there - middle for there in _neighbours(clip, plane, points, margins)]
    magnitudes = [np.abs(difference) for difference in differences]
    usual = np.mean(magnitudes)
    return (
        _pack([difference >= -NOISE for difference in differences]),
        _pack([magnitude >= usual - NOISE for magnitude in magnitudes]),
    )


def centre(clip: Floats, margins: tuple[int, ...]) -> Codes:
    """1 where a pixel inside the margins is no darker than the clip's mean, else 0."""
    return _pack([_shift(clip, np.zeros(3), margins) >= clip.mean() - NOISE])


def _neighbours(
    clip: Floats, plane: tuple[int, int], points: int, margins: tuple[int, ...]
) -> Iterator[Floats]:
    first, second = plane
    for angle in 2 * np.pi * np.arange(points) / points:
        offset = np.zeros(3)
        offset[first] = margins[first] * np.cos(angle)
        offset[second] = -margins[second] * np.sin(angle)
        # A cosine of 1e-17 is no place between pixels.
        yield _shift(clip, offset.round(5), margins)


def _shift(clip: Floats, offset: NDArray[np.float64], margins: tuple[int, ...]) -> Floats:
    """The clip inside its margins, read at an offset (t, y, x), linear between pixels."""
    below = np.floor(offset).astype(np.int64)
    share = offset - below
    total = np.zeros(
        [side - 2 * m for side, m in zip(clip.shape, margins, strict=True)], np.float32
    )
    for step in product((0, 1), repeat=3):
        weight = np.float32(np.where(step, share, 1 - share).prod())
        if weight:
            starts = margins + below + step
            box = zip(starts, total.shape, strict=True)
            total += weight * clip[tuple(slice(start, start + side) for start, side in box)]
    return total


def _pack(bits: list[NDArray[np.bool_]]) -> Codes:
    codes = np.zeros(bits[0].shape, np.int64)
    for place, bit in enumerate(bits):
        codes += bit.astype(np.int64) << place
    return codes


def _label_codes(points: int, mapping: Mapping) -> Codes:
    """The label of each code, ``(2**points,)``."""
    codes = np.arange(2**points)
    bits: Codes = codes[:, None] >> np.arange(points) & 1
    uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    labels: dict[str, Codes] = {
        "all": codes,
        "uniform": np.where(uniform, uniform.cumsum() - 1, uniform.sum()),
        "rotation": np.where(uniform, bits.sum(axis=1), points + 1),
    }
    if mapping not in labels:
        raise InputError(
            f"clbp_top: mapping is {mapping!r}, expected {', '.join(labels)}: set one of them"
        )
    return labels[mapping]


def _number_blocks(height: int, width: int, grid: tuple[int, int]) -> Codes:
    """Index of the block of each pixel, ``(height, width)``."""
    down = np.arange(height) * grid[0] // height
    along = np.arange(width) * grid[1] // width
    blocks: Codes = down[:, None] * grid[1] + along
    return blocks
