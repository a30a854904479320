"""Max-pooling, ReLU and dropout of a block: plain torch, or fused into one compiled pass."""

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from posed_spontaneous.networks import fast
from posed_spontaneous.networks.dropout import Mask, as_numbers, drop


def pool_relu_drop(maps: Tensor, mask: Mask | None, paths: int) -> Tensor:
    """Max-pooling 2x2, ReLU and dropout.

    Pooling precedes the ReLU: both are monotone, so the result is the same, and the ReLU reads a
    quarter of the pixels.

    Args:
        maps: Output of a convolution, ``(B, C, H, W)``.
        mask: The dropped units, or None.
        paths: Number of equal parts of the batch in which the same units are dropped.

    Returns:
        Maps ``(B, C, H // 2, W // 2)``.
    """
    return drop(torch.relu(torch.max_pool2d(maps, 2)), mask, paths)


def pool_relu_drop_fused(maps: Tensor, mask: Mask | None, paths: int) -> Tensor:
    """The same numbers in one pass over the maps, forward and backward; see ``can_fuse``."""
    pooled: Tensor = _PoolReluDrop.apply(maps, mask, paths)  # type: ignore[no-untyped-call]
    return pooled


def can_fuse(maps: Tensor, mask: Mask | None) -> bool:
    """Whether the fused pass supports the maps: ``channels_last``, on the CPU, numba installed."""
    return (
        fast.is_supported(maps)
        and (mask is None or fast.is_supported(mask.draw))
        and maps.dtype in (torch.float32, torch.bfloat16)
        and maps.is_contiguous(memory_format=torch.channels_last)
    )


class _PoolReluDrop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, mask: Mask | None, paths: int) -> Tensor:
        images, channels, height, width = maps.shape
        pooled = torch.empty(
            (images, channels, height // 2, width // 2),
            dtype=maps.dtype,
            memory_format=torch.channels_last,
        )
        codes = torch.empty_like(pooled, dtype=torch.uint8)
        numbers = as_numbers(mask)
        fast.load_kernels().pool(_memory(maps), _memory(pooled), _memory(codes), *numbers, paths)
        ctx.save_for_backward(codes)
        ctx.scale, ctx.shape = numbers[-1], maps.shape
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (codes,) = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        into = torch.empty(ctx.shape, dtype=gradient.dtype, memory_format=torch.channels_last)
        fast.load_kernels().unpool(_memory(gradient), _memory(codes), ctx.scale, _memory(into))
        return into, None, None


def _memory(maps: Tensor) -> NDArray[Any]:
    # numpy has no bfloat16: the kernels take its bits.
    maps = maps.detach()
    bits = maps.view(torch.uint16) if maps.dtype == torch.bfloat16 else maps
    return bits.permute(0, 2, 3, 1).numpy()
