"""Forward and backward pass of a pack as CUDA graphs: launched at once, not kernel by kernel."""

import logging
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)


def capture(network: nn.Module, inputs: tuple[Tensor, ...]) -> Callable[..., Any]:
    """The network as graphs for inputs of these shapes, or itself where that is not possible.

    Neither its weights nor its buffers are changed. What it returns is overwritten by the next
    call.

    Args:
        network: A network on a GPU, in training mode.
        inputs: Inputs of the shapes and types to come.
    """
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    mixed, dtype = torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")
    samples = tuple(each.clone() for each in inputs)

    # A module of its own: capturing replaces the forward method.
    graphed = _Graphed(network)
    try:
        with torch.autocast("cuda", dtype, enabled=mixed, cache_enabled=False):
            torch.cuda.make_graphed_callables(graphed, samples, allow_unused_input=True)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        log.warning("no CUDA graph, which is slower: %s: %s", type(error).__name__, reason)
        torch.cuda.synchronize()
        return network
    finally:
        for buffer, before in buffers:
            buffer.copy_(before)
    return graphed


class _Graphed(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> Any:
        return self.network(*inputs)
