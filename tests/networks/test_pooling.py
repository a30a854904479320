"""A block's pooling in one pass against torch's operations, bit for bit."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from posed_spontaneous.networks.dropout import CounterDropout, Mask
from posed_spontaneous.networks.pooling import can_fuse, pool_relu_drop, pool_relu_drop_fused

pytest.importorskip("numba")
DTYPES = (torch.float32, torch.bfloat16)


def both_ways(maps: Tensor, mask: Mask | None, paths: int) -> list[tuple[Tensor, Tensor]]:
    """Results and gradients, in one pass and by torch."""
    made = []
    slopes = None
    for pool in (pool_relu_drop_fused, pool_relu_drop):
        leaf = maps.clone().requires_grad_()
        pooled = pool(leaf, mask, paths)
        if slopes is None:
            slopes = torch.randn(pooled.shape, generator=torch.Generator().manual_seed(1))
        pooled.backward(slopes.to(maps.dtype))
        made.append((pooled.detach(), leaf.grad))
    return made


def draw_maps(shape: tuple[int, ...], dtype: torch.dtype, levels: float) -> Tensor:
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))
    maps = (
        maps * levels
    ).round() / levels  # few levels: many equal numbers and zeros of both signs
    return maps.to(dtype).contiguous(memory_format=torch.channels_last)


@given(
    images=st.integers(1, 3),
    channels=st.sampled_from([1, 3, 8, 20, 33]),
    height=st.integers(2, 9),
    width=st.integers(2, 9),
    paths=st.integers(1, 2),
    dtype=st.sampled_from(DTYPES),
    levels=st.sampled_from([1.0, 1000.0]),
    rate=st.sampled_from([0.0, 0.05, 0.5]),
)
def test_one_pass_equals_torch_bit_for_bit(
    images: int,
    channels: int,
    height: int,
    width: int,
    paths: int,
    dtype: torch.dtype,
    levels: float,
    rate: float,
) -> None:
    maps = draw_maps((images * paths, channels, height, width), dtype, levels)
    torch.manual_seed(height)
    fused, plain = both_ways(maps, CounterDropout(rate).next_mask(), paths)
    assert torch.equal(fused[0], plain[0])
    assert torch.equal(fused[1], plain[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_no_number_is_passed_on_as_in_torch(dtype: torch.dtype) -> None:
    maps = draw_maps((2, 20, 6, 6), dtype, 1000)
    maps[0, 3, 1, 0] = maps[0, 3, 0, 1] = maps[1, 7, 5, 5] = torch.nan
    maps[0, 4, 0, 0], maps[0, 5, :2, :2] = torch.inf, -torch.inf
    fused, plain = both_ways(maps, None, 1)
    torch.testing.assert_close(fused[0], plain[0], rtol=0, atol=0, equal_nan=True)
    assert torch.equal(fused[1], plain[1])
    assert fused[0].isnan().sum() == 2


def test_a_gradient_in_another_memory_format_is_read_rightly() -> None:
    maps = draw_maps((2, 5, 4, 4), torch.float32, 1000).requires_grad_()
    slopes = torch.randn(2, 5 * 2 * 2)
    gradients = [
        torch.autograd.grad(pool(maps, None, 1).flatten(1), maps, slopes)[0]
        for pool in (pool_relu_drop_fused, pool_relu_drop)
    ]
    assert torch.equal(*gradients)


def test_only_maps_that_the_kernel_can_read_suit_it() -> None:
    maps = draw_maps((2, 5, 4, 4), torch.float32, 1000)
    assert can_fuse(maps, None)
    assert not can_fuse(maps.contiguous(), None)
    assert not can_fuse(maps.double(), None)
    assert not can_fuse(maps.to("meta"), None)
    within = []
    torch.vmap(lambda maps: within.append(can_fuse(maps, None)) or maps)(maps[None])
    assert within == [False]
