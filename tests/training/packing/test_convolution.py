"""Convolutions of many members as matrix products equal grouped convolutions."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from posed_spontaneous.training.packing.convolution import BatchedConvolutions


@pytest.mark.parametrize(
    ("stride", "padding", "biased"), [(1, 0, True), (2, 1, True), ((1, 2), (2, 0), False)]
)
def test_values_and_gradients_are_equal(
    stride: int | tuple[int, int], padding: int | tuple[int, int], biased: bool
) -> None:
    torch.manual_seed(0)
    double = {"dtype": torch.float64, "requires_grad": True}
    maps = torch.randn(3, 4, 5, 9, 11, **double)
    weight = torch.randn(3, 6, 5, 3, 2, **double)
    bias = torch.randn(3, 6, **double)
    inputs = [maps, weight, bias] if biased else [maps, weight]

    def convolve(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional.conv2d(maps, weight, bias if biased else None, stride, padding)

    grouped = torch.vmap(convolve)(maps, weight, bias)
    with BatchedConvolutions():
        batched = torch.vmap(convolve)(maps, weight, bias)
    slopes = torch.randn_like(grouped)
    torch.testing.assert_close(batched, grouped)
    for one, other in zip(
        torch.autograd.grad(grouped, inputs, slopes),
        torch.autograd.grad(batched, inputs, slopes),
        strict=True,
    ):
        torch.testing.assert_close(other, one)
