"""The loops of a block after its convolution, compiled by numba.

Maps are arrays ``(B, H, W, C)``, the memory order of ``channels_last`` maps. Numbers are float32,
or bfloat16 passed as uint16, which is widened to float32 and rounded to nearest even.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import NDArray

DEAD = np.uint8(4)
"""The code of a pooled unit that passes no gradient: cut by the ReLU, or dropped."""


def _widen(number: Any) -> Any:
    """A stored number as float32."""


def _narrow(number: Any, stored: Any) -> Any:
    """A float32 in the form of a stored number."""


# numba takes an overload's signature with its annotations, so they are the same throughout.
@overload(_widen)
def _widen_for(number: Any) -> Any:
    def widen(number: Any) -> Any:
        return np.uint32(np.uint32(number) << np.uint32(16)).view(np.float32)

    def as_it_is(number: Any) -> Any:
        return number

    return widen if number == types.uint16 else as_it_is


@overload(_narrow)
def _narrow_for(number: Any, stored: Any) -> Any:
    def round_to_even(number: Any, stored: Any) -> Any:
        bits = np.float32(number).view(np.uint32)
        odd = np.uint32((bits >> np.uint32(16)) & np.uint32(1))
        rounded = np.uint16(np.uint32(bits + np.uint32(0x7FFF) + odd) >> np.uint32(16))
        return rounded if number == number else np.uint16(0x7FC0)  # rounding may carry a NaN away

    def as_it_is(number: Any, stored: Any) -> Any:
        return number

    return round_to_even if stored == types.uint16 else as_it_is


@njit(nogil=True)
def _hash(place: np.uint32, first: np.uint32, second: np.uint32) -> np.int32:
    # As in networks.dropout; numba widens unless each step is cut back to 32 bits.
    mixed = np.uint32(place ^ first)
    mixed = np.uint32((mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x7FEB352D))
    mixed = np.uint32((mixed ^ (mixed >> np.uint32(15)) ^ second) * np.uint32(0x846CA68B))
    return np.int32(mixed)


@njit(cache=True, nogil=True)
def fill_kept(
    kept: NDArray[np.bool_], first: np.uint32, second: np.uint32, threshold: np.int32
) -> None:
    """Write which units are kept, ``(N,)``; see ``keep``."""
    for place in range(len(kept)):
        kept[place] = _hash(np.uint32(place), first, second) >= threshold


@njit(nogil=True)
def _larger(
    largest: np.float32, at: np.uint8, number: np.float32, there: np.uint8
) -> tuple[np.float32, np.uint8]:
    # The first of equal numbers wins, and a NaN wins over all, as in torch.
    larger = (number > largest) | (number != number)
    return number if larger else largest, there if larger else at


@njit(cache=True, nogil=True)
def pool(
    maps: NDArray[Any],
    pooled: NDArray[Any],
    codes: NDArray[np.uint8],
    first: np.uint32,
    second: np.uint32,
    threshold: np.int32,
    scale: np.float32,
    paths: int,
) -> None:
    """Max-pooling 2x2, ReLU and dropout.

    Args:
        maps: The maps, ``(B, H, W, C)``.
        pooled: Where the result is written, ``(B, H // 2, W // 2, C)``.
        codes: Where the largest of each four stood is written, 0 to 3 by rows, or DEAD; as
            ``pooled``.
        first: First key of the mask.
        second: Second key of the mask.
        threshold: Hash from which a unit is kept; the least int32 keeps all.
        scale: What kept units are multiplied by.
        paths: How many equal parts of the batch drop the same units.
    """
    height, width, channels = pooled.shape[1:]
    images = len(pooled) // paths
    row = width * channels
    kept = np.ones(row, np.uint8)
    for image in range(images):
        for y in range(height):
            if threshold > np.int32(-2147483648):
                start = np.uint32((image * height + y) * row)
                for unit in range(row):
                    place = np.uint32(start + np.uint32(unit))
                    kept[unit] = _hash(place, first, second) >= threshold
            for path in range(paths):
                upper = maps[image + path * images, 2 * y]
                lower = maps[image + path * images, 2 * y + 1]
                into = pooled[image + path * images, y]
                code = codes[image + path * images, y]
                for x in range(width):
                    a, b, c, d = upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]
                    stays = kept[x * channels : (x + 1) * channels]
                    passed, place = into[x], code[x]
                    for k in range(channels):
                        largest, at = _widen(a[k]), np.uint8(0)
                        largest, at = _larger(largest, at, _widen(b[k]), np.uint8(1))
                        largest, at = _larger(largest, at, _widen(c[k]), np.uint8(2))
                        largest, at = _larger(largest, at, _widen(d[k]), np.uint8(3))
                        dead = (stays[k] == 0) | (largest <= np.float32(0))
                        scaled = np.float32(largest * scale)
                        passed[k] = _narrow(np.float32(0) if dead else scaled, a[k])
                        place[k] = DEAD if dead else at


@njit(cache=True, nogil=True)
def unpool(
    gradient: NDArray[Any], codes: NDArray[np.uint8], scale: np.float32, into: NDArray[Any]
) -> None:
    """The gradient of ``pool`` for its maps.

    Args:
        gradient: The gradient of the result, ``(B, H // 2, W // 2, C)``.
        codes: What ``pool`` wrote, of that shape.
        scale: What kept units were multiplied by.
        into: Where the gradient is written, ``(B, H, W, C)``.
    """
    images, height, width, channels = codes.shape
    row = width * channels
    # By rows: loops over the few channels of a pixel cost twice as much.
    parts = np.empty((4, row), into.dtype)
    for image in range(images):
        # A last row or column of odd sizes is not pooled.
        into[image, 2 * height :] = 0
        into[image, :, 2 * width :] = 0
        for y in range(height):
            slope, code = gradient[image, y].reshape(row), codes[image, y].reshape(row)
            for place in range(4):
                _spread(slope, code, np.uint8(place), scale, parts[place])
                below, beside = place // 2, place % 2
                for x in range(width):
                    target = into[image, 2 * y + below, 2 * x + beside]
                    part = parts[place, x * channels : (x + 1) * channels]
                    for k in range(channels):
                        target[k] = part[k]


@njit(nogil=True)
def _spread(
    gradient: NDArray[Any],
    code: NDArray[np.uint8],
    place: np.uint8,
    scale: np.float32,
    into: NDArray[Any],
) -> None:
    for k in range(len(into)):
        scaled = np.float32(_widen(gradient[k]) * scale)
        into[k] = _narrow(scaled if code[k] == place else np.float32(0), gradient[k])
