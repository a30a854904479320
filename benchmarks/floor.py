"""The floor: the shortest duration, in which the arithmetic runs at the rate of a convolution."""

import time
from statistics import median
from typing import Any

import torch
from torch.nn import functional

SECONDS = 0.5
"""Duration of one measurement."""


def convolution_rate(
    dtype: torch.dtype, device: torch.device | None = None, images: int = 32
) -> float:
    """Measure the FLOP per second of block 2's convolution, forward and backward, on one thread.

    Most of a network's arithmetic is in it: 20 to 40 channels, 5x5 kernels, maps of 20x20.

    Args:
        dtype: ``torch.float32`` or ``torch.bfloat16``.
        device: The device; None for the CPU.
        images: Number of images in a batch, by default those of 16 pairs.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind: Any = {"dtype": dtype, "device": device}
    layout = torch.channels_last
    maps = torch.randn(images, 20, 20, 20, **kind).to(memory_format=layout).requires_grad_()
    weights = torch.randn(40, 20, 5, 5, **kind).to(memory_format=layout).requires_grad_()
    gradient = torch.ones(images, 40, 16, 16, **kind).to(memory_format=layout)
    flops = 3 * 2 * gradient.numel() * weights[0].numel()

    def step() -> None:
        torch.autograd.grad(functional.conv2d(maps, weights), (maps, weights), gradient)
        if device is not None and device.type == "cuda":
            torch.cuda.synchronize()

    step()
    seconds, end = [], time.perf_counter() + SECONDS
    while (start := time.perf_counter()) < end:
        step()
        seconds.append(time.perf_counter() - start)
    return flops / median(seconds)
