"""The blocks of the paper's networks in a pack: all members in one pass on a GPU."""

from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from posed_spontaneous.networks.dropout import CounterDropout
from posed_spontaneous.networks.paper import ConvBlock
from posed_spontaneous.training.packing.convolution import lead

DEVICES = ["cuda"]
"""Types of devices that the kernels run on; Triton's interpreter runs them on ``cpu`` too."""


def fuse_blocks(network: nn.Module) -> nn.Module:
    """Let each block of a network, which ``torch.vmap`` will call, use the kernels if it can."""
    for block in network.modules():
        # Exact types only: a subclass may compute something else.
        if type(block) is ConvBlock:
            block.__class__ = PackedBlock
    return network


class PackedBlock(ConvBlock):
    """A block that ``torch.vmap`` runs for all members at once.

    Plain torch computes the same where the kernels do not run: on a processor, in double precision
    or without Triton.
    """

    def forward(
        self, maps: Tensor, dropout: CounterDropout | None = None, paths: int = 1
    ) -> Tensor:
        device = maps.device.type
        autocast = torch.is_autocast_enabled(device)
        dtype = torch.get_autocast_dtype(device) if autocast else maps.dtype
        supported = device in DEVICES and dtype in (torch.float32, torch.bfloat16)
        if not (supported and _has_kernels()):
            return super().forward(maps, dropout, paths)
        mask = dropout.next_mask() if dropout is not None else None
        draw, threshold, scale = mask or (None, 0, 1.0)
        weight, bias = self.convolution.weight, self.convolution.bias
        assert bias is not None  # a block has one
        pooled: Tensor = _Block.apply(  # type: ignore[no-untyped-call]
            *(maps.to(dtype), weight.to(dtype), bias.to(dtype), draw), threshold, scale, paths
        )
        return pooled


class _Block(torch.autograd.Function):
    """The block of one member; ``torch.vmap`` replaces it by that of all members."""

    @staticmethod
    def forward(*_: Any) -> Tensor:
        raise NotImplementedError("a packed block runs under torch.vmap only")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        raise NotImplementedError("a pack is differentiated outside of torch.vmap")

    @staticmethod
    def vmap(
        info: Any,
        dims: tuple[int | None, ...],
        maps: Tensor,
        weight: Tensor,
        bias: Tensor,
        draw: Tensor | None,
        *choices: Any,
    ) -> tuple[Any, int]:
        members = info.batch_size
        maps, weight, bias = (
            lead(part, dim, members)
            for part, dim in zip((maps, weight, bias), dims[:3], strict=True)
        )
        draw = None if draw is None else lead(draw, dims[3], members).contiguous()
        pooled = _MembersBlock.apply(  # type: ignore[no-untyped-call]
            maps.movedim(2, 4), weight.movedim(2, 4), bias, draw, *choices
        )
        return pooled.movedim(4, 2), 0


class _MembersBlock(torch.autograd.Function):
    """Maps ``(M, B, H, W, C)``, weights ``(M, O, k, k, C)``: see ``kernels.forward``."""

    @staticmethod
    def forward(
        ctx: Any,
        maps: Tensor,
        weight: Tensor,
        bias: Tensor,
        draw: Tensor | None,
        threshold: int,
        scale: float,
        paths: int,
    ) -> Tensor:
        maps, weight = maps.contiguous(), weight.contiguous()
        kernels = _load_kernels()
        pooled, codes = kernels.forward(
            maps, weight, bias.contiguous(), draw, threshold, scale, paths
        )
        ctx.save_for_backward(maps, weight, codes)
        ctx.scale = scale
        return pooled  # type: ignore[no-any-return]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        maps, weight, codes = ctx.saved_tensors
        kernels, slopes = _load_kernels(), slopes.contiguous()
        to_weight, to_bias = kernels.gradient_of_weights(
            maps, slopes, codes, ctx.scale, weight.shape[2]
        )
        to_maps = None
        if ctx.needs_input_grad[0]:
            height, width = maps.shape[2:4]
            to_maps = kernels.gradient_of_maps(weight, slopes, codes, ctx.scale, height, width)
        dtype = weight.dtype
        return to_maps, to_weight.to(dtype), to_bias.to(dtype), None, None, None, None


@cache
def _load_kernels() -> Any:
    """The module of compiled kernels, imported on first use: Triton takes seconds."""
    return import_module("posed_spontaneous.training.packing.kernels")


@cache
def _has_kernels() -> bool:
    try:
        _load_kernels()
    except ImportError:
        return False
    return True
