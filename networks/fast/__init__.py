"""Compiled kernels, an optional extra with the same results as plain torch."""

from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor


def is_supported(tensor: Tensor) -> bool:
    """Whether a tensor has memory on the CPU that numba, if it is installed, can read."""
    return (
        tensor.device.type == "cpu"
        # Inside a transform such as torch.vmap a tensor represents many and has no memory.
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
