"""Convolutions of a pack as one batched matrix product a layer.

Under ``torch.vmap`` a convolution whose weights differ by member becomes a grouped one, which cuDNN
runs as one small kernel a member. Here the windows are unfolded to columns and multiplied at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import TorchFunctionMode

DEVICES = ["cuda"]
"""Types of devices on which the products are faster than grouped convolutions."""


class BatchedConvolutions(TorchFunctionMode):
    """Runs each ``conv2d`` with a weight of every member as matrix products.

    Dilated and grouped convolutions and padding by name remain as they are, and so does a weight
    that all members share.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.conv2d:
            return _convolve(*args, **kwargs or {})
        return func(*args, **kwargs or {})


def _convolve(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Any:
    if torch.is_autocast_enabled(input.device.type):
        # Under torch.vmap autocast would leave the bias in single precision.
        dtype = torch.get_autocast_dtype(input.device.type)
        input, weight = input.to(dtype), weight.to(dtype)
        bias = None if bias is None else bias.to(dtype)
    if not (
        input.device.type in DEVICES
        and torch._C._functorch.is_batchedtensor(weight)
        and input.ndim == 4
        and not isinstance(padding, str)
        and set(_both(dilation)) == {1}
        and groups == 1
    ):
        return functional.conv2d(input, weight, bias, stride, padding, dilation, groups)
    above, beside = _both(padding)
    if above or beside:
        input = functional.pad(input, (beside, beside, above, above))
    maps = _Convolution.apply(input, weight, _both(stride))  # type: ignore[no-untyped-call]
    return maps if bias is None else maps + bias[:, None, None]


def _both(value: int | Sequence[int]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


class _Convolution(torch.autograd.Function):
    """The convolution of one member; ``torch.vmap`` replaces it by that of all members."""

    @staticmethod
    def forward(maps: Tensor, weight: Tensor, stride: tuple[int, int]) -> Tensor:
        return functional.conv2d(maps, weight, stride=stride)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        raise NotImplementedError("a pack is differentiated outside of torch.vmap")

    @staticmethod
    def vmap(
        info: Any, dims: tuple[int | None, ...], maps: Tensor, weight: Tensor, stride: Any
    ) -> tuple[Any, int]:
        maps, weight = (
            lead(part, dim, info.batch_size)
            for part, dim in zip((maps, weight), dims[:2], strict=True)
        )
        return _PackedConvolution.apply(maps, weight, stride), 0  # type: ignore[no-untyped-call]


def lead(part: Tensor, dim: int | None, members: int) -> Tensor:
    """A tensor with the members as its first dimension; shared ones are expanded."""
    return part.expand(members, *part.shape) if dim is None else part.movedim(dim, 0)


class _PackedConvolution(torch.autograd.Function):
    """Maps ``(M, B, C, H, W)`` and weights ``(M, O, C, h, w)`` to ``(M, B, O, H', W')``."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, stride: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(maps, weight)
        ctx.stride = stride
        columns = _unfold(maps, weight.shape[3:], stride)
        with _precision_of_convolutions():
            product = torch.bmm(columns.flatten(1, 3).flatten(2), _flatten(weight).mT)
        return product.view(*columns.shape[:4], -1).movedim(4, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, None]:
        maps, weight = ctx.saved_tensors
        outputs, _, *kernel = weight.shape[1:]
        slopes = gradient.movedim(2, 4).flatten(1, 3)
        columns = _unfold(maps, kernel, ctx.stride)
        with _precision_of_convolutions():
            to_weight = torch.bmm(slopes.mT, columns.flatten(1, 3).flatten(2))
            to_weight = to_weight.view(len(weight), outputs, *kernel, -1).movedim(4, 2)
            if not ctx.needs_input_grad[0]:
                return None, to_weight, None
            spread = torch.bmm(slopes, _flatten(weight)).view_as(columns)
        return _fold(spread, maps.shape, ctx.stride), to_weight, None


def _unfold(maps: Tensor, kernel: Sequence[int], stride: Sequence[int]) -> Tensor:
    """The window of each output, ``(M, B, H', W', h, w, C)``."""
    windows = maps.unfold(3, kernel[0], stride[0]).unfold(4, kernel[1], stride[1])
    return windows.movedim(2, 6)


def _flatten(weight: Tensor) -> Tensor:
    """Weights in the order of an unfolded window, ``(M, O, h * w * C)``."""
    return weight.movedim(2, 4).flatten(2)


def _fold(windows: Tensor, shape: Sequence[int], stride: Sequence[int]) -> Tensor:
    """Sum windows back to maps: one shifted addition for each place of the kernel."""
    members, images, channels, height, width = shape
    maps = windows.new_zeros(members, images, height, width, channels)
    rows, columns, *kernel = windows.shape[2:6]
    for y in range(kernel[0]):
        for x in range(kernel[1]):
            down = slice(y, y + stride[0] * rows, stride[0])
            across = slice(x, x + stride[1] * columns, stride[1])
            maps[:, :, down, across] += windows[:, :, :, :, y, x]
    return maps.movedim(4, 2)


@contextmanager
def _precision_of_convolutions() -> Iterator[None]:
    """Matrix products round as convolutions do: by default in TF32 on a GPU that has it."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
