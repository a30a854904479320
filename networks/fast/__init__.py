"""Whether a tensor can be worked on by the compiled kernels, which are an extra."""

from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor


def suits(tensor: Tensor) -> bool:
    """Whether a tensor lies on the CPU, as itself, and numba is there to read it."""
    return (
        tensor.device.type == "cpu"
        # Inside a transform such as torch.vmap a tensor stands for many and has no memory.
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        and _has_kernels()
    )


@cache
def load_kernels() -> Any:
    """The module of compiled kernels, imported on first use: numba takes half a second."""
    return import_module("posed_spontaneous.networks.fast.kernels")


@cache
def _has_kernels() -> bool:
    try:
        load_kernels()
    except ImportError:  # no numba, or one that refuses the numpy at hand
        return False
    return True
