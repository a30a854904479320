"""The loops of a block of many members, compiled by Triton for a GPU.

A block is a convolution without padding, 2x2 max-pooling, ReLU and dropout. The convolution's
output is never written: each program computes the four pixels of a pooled unit at once. Maps are
``(M, B, H, W, C)`` in memory, weights ``(M, O, k, k, C)``, for M members.
"""

# Triton reads the annotations of its functions, and knows its own only.
# mypy: disallow-untyped-defs=False, disallow-untyped-decorators=False
# mypy: disallow-incomplete-defs=False

import torch
import triton
import triton.language as tl
from torch import Tensor

DEAD = tl.constexpr(4)
"""The code of a pooled unit that passes no gradient: cut by the ReLU, or dropped."""

SHARE = 1024
"""Units whose gradient of the weights one program sums."""

# As in networks.dropout, whose masks these kernels repeat.
_STRIDE = tl.constexpr(0x9E3779B97F4A7C15 - 2**64)
_FIRST = tl.constexpr(0x7FEB352D)
_SECOND = tl.constexpr(0x846CA68B)


@triton.jit
def _keep(place, draw, threshold):
    mixed = draw * _STRIDE
    first, second = mixed.to(tl.uint32), (mixed >> 32).to(tl.uint32)
    mixed = place.to(tl.uint32) ^ first
    mixed = (mixed ^ (mixed >> 16)) * _FIRST
    mixed = (mixed ^ (mixed >> 15) ^ second) * _SECOND
    return mixed.to(tl.int32, bitcast=True) >= threshold


@triton.jit
def _larger(best, code, found, place: tl.constexpr):
    # The first of equal numbers wins, and a NaN wins over all, as in torch.
    larger = (found > best) | (found != found)
    return tl.where(larger, found, best), tl.where(larger, place, code)


@triton.jit
def _forward(
    maps,
    weight,
    bias,
    draws,
    pooled,
    codes,
    images,
    images_of_path,
    threshold,
    scale,
    masked: tl.constexpr,
    height: tl.constexpr,
    width: tl.constexpr,
    inputs: tl.constexpr,
    outputs: tl.constexpr,
    kernel: tl.constexpr,
    precision: tl.constexpr,
    block_units: tl.constexpr,
    block_window: tl.constexpr,
    block_outputs: tl.constexpr,
):
    """Pooled units and codes of a tile of units and output channels of one member."""
    rows: tl.constexpr = (height - kernel + 1) // 2
    columns: tl.constexpr = (width - kernel + 1) // 2
    window: tl.constexpr = kernel * kernel * inputs
    member = tl.program_id(1).to(tl.int64)
    unit = tl.program_id(0) * block_units + tl.arange(0, block_units)
    output = tl.program_id(2) * block_outputs + tl.arange(0, block_outputs)
    real = unit < images * rows * columns
    x, y, image = unit % columns, (unit // columns) % rows, unit // (rows * columns)

    maps += member * images * (height * width * inputs)
    corner = maps + (image * height * width + 2 * y * width + 2 * x) * inputs
    weight += member * (outputs * window)
    a = tl.zeros((block_units, block_outputs), tl.float32)
    b = tl.zeros((block_units, block_outputs), tl.float32)
    c = tl.zeros((block_units, block_outputs), tl.float32)
    d = tl.zeros((block_units, block_outputs), tl.float32)
    for start in range(0, window, block_window):
        place = start + tl.arange(0, block_window)
        inside = place < window
        # A row of a window is contiguous.
        offset = place // (kernel * inputs) * (width * inputs) + place % (kernel * inputs)
        factors = tl.load(
            weight + output[None, :] * window + place[:, None],
            inside[:, None] & (output < outputs)[None, :],
            0,
        )
        at, mask = corner[:, None] + offset[None, :], real[:, None] & inside[None, :]
        beside: tl.constexpr = inputs
        below: tl.constexpr = width * inputs
        a = tl.dot(tl.load(at, mask, 0), factors, a, input_precision=precision)
        b = tl.dot(tl.load(at + beside, mask, 0), factors, b, input_precision=precision)
        c = tl.dot(tl.load(at + below, mask, 0), factors, c, input_precision=precision)
        d = tl.dot(tl.load(at + below + beside, mask, 0), factors, d, input_precision=precision)

    shift = tl.load(bias + member * outputs + output, output < outputs, 0).to(tl.float32)[None, :]
    stored = pooled.dtype.element_ty
    # Rounded before they are compared, as in separate operations.
    best = (a + shift).to(stored).to(tl.float32)
    code = tl.zeros((block_units, block_outputs), tl.int32)
    best, code = _larger(best, code, (b + shift).to(stored).to(tl.float32), 1)
    best, code = _larger(best, code, (c + shift).to(stored).to(tl.float32), 2)
    best, code = _larger(best, code, (d + shift).to(stored).to(tl.float32), 3)
    dead = best <= 0
    if masked:
        number = ((image % images_of_path) * (rows * columns) + y * columns + x) * outputs
        kept = _keep(number[:, None] + output[None, :], tl.load(draws + member), threshold)
        dead |= ~kept
    best = tl.where(dead, 0.0, best * scale)
    code = tl.where(dead, DEAD, code)
    into = member * images * (rows * columns * outputs)
    into = into + (unit * outputs)[:, None] + output[None, :]
    mask = real[:, None] & (output < outputs)[None, :]
    tl.store(pooled + into, best.to(stored), mask)
    tl.store(codes + into, code.to(tl.uint8), mask)


@triton.jit
def _weights(
    maps,
    slopes,
    codes,
    to_weight,
    to_bias,
    images,
    parts,
    scale,
    height: tl.constexpr,
    width: tl.constexpr,
    inputs: tl.constexpr,
    outputs: tl.constexpr,
    kernel: tl.constexpr,
    precision: tl.constexpr,
    share: tl.constexpr,
    block_units: tl.constexpr,
    block_window: tl.constexpr,
    block_outputs: tl.constexpr,
):
    """Gradients of weights and bias over a share of the units of one member."""
    rows: tl.constexpr = (height - kernel + 1) // 2
    columns: tl.constexpr = (width - kernel + 1) // 2
    window: tl.constexpr = kernel * kernel * inputs
    tiles: tl.constexpr = (window + block_window - 1) // block_window
    tile, part, member = tl.program_id(0), tl.program_id(1), tl.program_id(2).to(tl.int64)
    place = tile % tiles * block_window + tl.arange(0, block_window)
    output = tile // tiles * block_outputs + tl.arange(0, block_outputs)
    inside, known = place < window, output < outputs
    offset = place // (kernel * inputs) * (width * inputs) + place % (kernel * inputs)

    maps += member * images * (height * width * inputs)
    slopes += member * images * (rows * columns * outputs)
    codes += member * images * (rows * columns * outputs)
    total = tl.zeros((block_window, block_outputs), tl.float32)
    sums = tl.zeros((block_outputs,), tl.float32)
    units = images * rows * columns
    for start in range(0, share, block_units):
        unit = part * share + start + tl.arange(0, block_units)
        real = unit < units
        x, y, image = unit % columns, (unit // columns) % rows, unit // (rows * columns)
        corner = maps + (image * height * width + 2 * y * width + 2 * x) * inputs
        at, mask = corner[:, None] + offset[None, :], real[:, None] & inside[None, :]
        source, there = (unit * outputs)[:, None] + output[None, :], real[:, None] & known[None, :]
        code = tl.load(codes + source, there, 4).to(tl.int32)
        slope = tl.load(slopes + source, there, 0).to(tl.float32) * scale
        slope = tl.where(code == DEAD, 0.0, slope)
        sums += tl.sum(slope, 0)
        for corner_code in tl.static_range(4):
            step = (corner_code // 2 * width + corner_code % 2) * inputs
            pixels = tl.load(at + step, mask, 0)
            passed = tl.where(code == corner_code, slope, 0.0).to(pixels.dtype)
            total = tl.dot(tl.trans(pixels), passed, total, input_precision=precision)

    base = member * parts + part
    into = base * (outputs * window) + output[None, :] * window + place[:, None]
    tl.store(to_weight + into, total, inside[:, None] & known[None, :])
    if tile % tiles == 0:
        tl.store(to_bias + base * outputs + output, sums, known)


@triton.jit
def _spread(
    slopes,
    codes,
    into,
    count,
    scale,
    rows: tl.constexpr,
    columns: tl.constexpr,
    outputs: tl.constexpr,
    border: tl.constexpr,
    block: tl.constexpr,
):
    """The gradient of the convolution's output, with a border of zeros around each image."""
    height: tl.constexpr = 2 * rows + 2 * border
    width: tl.constexpr = 2 * columns + 2 * border
    number = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    output, x = number % outputs, number // outputs % width - border
    y, image = number // (outputs * width) % height - border, number // (outputs * width * height)
    real = (x >= 0) & (y >= 0) & (x < 2 * columns) & (y < 2 * rows) & (number < count)
    source = ((image * rows + y // 2) * columns + x // 2) * outputs + output
    code = tl.load(codes + source, real, 4).to(tl.int32)
    slope = tl.load(slopes + source, real, 0).to(tl.float32) * scale
    passed = tl.where(code == y % 2 * 2 + x % 2, slope, 0.0)
    tl.store(into + number, passed.to(into.dtype.element_ty), number < count)


@triton.jit
def _maps(
    slopes,
    weight,
    into,
    images,
    height: tl.constexpr,
    width: tl.constexpr,
    slope_height: tl.constexpr,
    slope_width: tl.constexpr,
    inputs: tl.constexpr,
    outputs: tl.constexpr,
    kernel: tl.constexpr,
    precision: tl.constexpr,
    block_pixels: tl.constexpr,
    block_window: tl.constexpr,
    block_inputs: tl.constexpr,
):
    """Gradient of the maps: the convolution of bordered slopes with the turned weights.

    The weights are ``(M, k, k, O, C)``, turned by half a turn.
    """
    window: tl.constexpr = kernel * kernel * outputs
    member = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * block_pixels + tl.arange(0, block_pixels)
    input = tl.program_id(2) * block_inputs + tl.arange(0, block_inputs)
    real = pixel < images * height * width
    x, y, image = pixel % width, (pixel // width) % height, pixel // (height * width)
    # A last row or column of odd sizes is not pooled; bordered slopes end before it.
    real_window = real & (x < slope_width - kernel + 1) & (y < slope_height - kernel + 1)
    slopes += member * images * (slope_height * slope_width * outputs)
    corner = slopes + (image * slope_height * slope_width + y * slope_width + x) * outputs
    weight += member * (window * inputs)
    total = tl.zeros((block_pixels, block_inputs), tl.float32)
    for start in range(0, window, block_window):
        place = start + tl.arange(0, block_window)
        inside = place < window
        run: tl.constexpr = kernel * outputs
        offset = place // run * (slope_width * outputs) + place % run
        passed = tl.load(
            corner[:, None] + offset[None, :], real_window[:, None] & inside[None, :], 0
        )
        factors = tl.load(
            weight + place[:, None] * inputs + input[None, :],
            inside[:, None] & (input < inputs)[None, :],
            0,
        )
        total = tl.dot(passed, factors, total, input_precision=precision)
    into += member * images * (height * width * inputs)
    at = (pixel * inputs)[:, None] + input[None, :]
    mask = real[:, None] & (input < inputs)[None, :]
    tl.store(into + at, total.to(into.dtype.element_ty), mask)


def forward(
    maps: Tensor,
    weight: Tensor,
    bias: Tensor,
    draw: Tensor | None,
    threshold: int,
    scale: float,
    paths: int,
) -> tuple[Tensor, Tensor]:
    """Run a block.

    Args:
        maps: Maps ``(M, B, H, W, C)``.
        weight: Weights ``(M, O, k, k, C)``.
        bias: Biases ``(M, O)``.
        draw: Counter of each member's mask, ``(M,)``, or None to keep all units.
        threshold: Hash from which a unit is kept.
        scale: What kept units are multiplied by.
        paths: Number of equal parts of the batch in which the same units are dropped.

    Returns:
        Pooled maps ``(M, B, H', W', O)``, and where the largest of each four stood, 0 to 3 by
        rows, or 4 for a unit that passes no gradient.
    """
    members, images, height, width, inputs = maps.shape
    outputs, kernel = weight.shape[1:3]
    rows, columns = (height - kernel + 1) // 2, (width - kernel + 1) // 2
    pooled = maps.new_empty(members, images, rows, columns, outputs)
    codes = torch.empty_like(pooled, dtype=torch.uint8)
    block_units = 64
    block_outputs = _tile(outputs)
    grid = (
        triton.cdiv(images * rows * columns, block_units),
        members,
        triton.cdiv(outputs, block_outputs),
    )
    _forward[grid](
        *(maps, weight, bias, bias if draw is None else draw, pooled, codes),
        *(images, images // paths, threshold, scale, draw is not None),
        *(height, width, inputs, outputs, kernel, _precision()),
        *(block_units, 32, block_outputs),
        num_warps=4,
    )
    return pooled, codes


def gradient_of_weights(
    maps: Tensor, slopes: Tensor, codes: Tensor, scale: float, kernel: int
) -> tuple[Tensor, Tensor]:
    """Gradients of weights ``(M, O, k, k, C)`` and biases ``(M, O)``, in single precision.

    Args:
        maps: What ``forward`` read.
        slopes: Gradient of what it returned, ``(M, B, H', W', O)``.
        codes: The codes that it returned.
        scale: What kept units were multiplied by.
        kernel: Side of the kernel.
    """
    members, images, height, width, inputs = maps.shape
    outputs, window = slopes.shape[4], kernel * kernel * inputs
    block_units, block_window, block_outputs = 32, 128 if window > 64 else 32, _tile(outputs)
    tiles = triton.cdiv(window, block_window) * triton.cdiv(outputs, block_outputs)
    units = images * slopes.shape[2] * slopes.shape[3]
    # Parts fill the device, and their sum is the same every time, unlike that of atomic additions.
    parts = triton.cdiv(units, SHARE)
    shape = members, parts, outputs
    to_weight = maps.new_empty(*shape, kernel, kernel, inputs, dtype=torch.float32)
    to_bias = maps.new_empty(*shape, dtype=torch.float32)
    _weights[(tiles, parts, members)](
        *(maps, slopes, codes, to_weight, to_bias, images, parts, scale),
        *(height, width, inputs, outputs, kernel, _precision()),
        *(SHARE, block_units, block_window, block_outputs),
        num_warps=4,
    )
    return to_weight.sum(1), to_bias.sum(1)


def gradient_of_maps(
    weight: Tensor, slopes: Tensor, codes: Tensor, scale: float, height: int, width: int
) -> Tensor:
    """Gradient of the maps ``(M, B, H, W, C)``; see ``gradient_of_weights``."""
    members, images, rows, columns, outputs = slopes.shape
    inputs, kernel = weight.shape[4], weight.shape[2]
    border = kernel - 1
    bordered = slopes.new_empty(
        members, images, 2 * (rows + border), 2 * (columns + border), outputs
    )
    _spread[(triton.cdiv(bordered.numel(), 1024),)](
        *(slopes, codes, bordered, bordered.numel(), scale),
        *(rows, columns, outputs, border, 1024),
        num_warps=4,
    )
    into = slopes.new_empty(members, images, height, width, inputs)
    turned = weight.flip(2, 3).movedim(1, 3).contiguous()
    block_pixels, block_inputs = 256, _tile(inputs)
    grid = (
        triton.cdiv(images * height * width, block_pixels),
        members,
        triton.cdiv(inputs, block_inputs),
    )
    _maps[grid](
        *(bordered, turned, into, images, height, width, *bordered.shape[2:4]),
        *(inputs, outputs, kernel, _precision(), block_pixels, 32, block_inputs),
        num_warps=8,
        num_stages=2,
    )
    return into


def _tile(channels: int) -> int:
    return max(16, min(64, int(triton.next_power_of_2(channels))))


def _precision() -> str:
    return "tf32" if torch.backends.cudnn.allow_tf32 else "ieee"
