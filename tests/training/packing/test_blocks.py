"""The kernels of a packed block compute what plain torch computes, forward and backward."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from posed_spontaneous.networks.dropout import CounterDropout
from posed_spontaneous.networks.paper import ConvBlock
from posed_spontaneous.training.packing import blocks

MEMBERS = 3


@pytest.fixture(autouse=True)
def interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the kernels on the processor, in full precision; see tests/__init__.py."""
    pytest.importorskip("triton", reason="the kernels need the package triton")
    monkeypatch.setattr(blocks, "DEVICES", ["cpu"])
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


class OneBlock(nn.Module):
    """A block with its dropout."""

    def __init__(self, inputs: int, outputs: int, kernel: int, rate: float | None) -> None:
        super().__init__()
        self.block = ConvBlock(inputs, outputs, kernel)
        self.dropout = None if rate is None else CounterDropout(rate)

    def forward(self, maps: Tensor, paths: int) -> Tensor:
        pooled: Tensor = self.block(maps, self.dropout, paths)
        return pooled


@pytest.mark.parametrize(
    ("inputs", "outputs", "kernel", "side", "rate", "paths", "images"),
    [
        (1, 3, 5, 12, 0.3, 1, 4),
        (3, 5, 3, 9, 0.5, 2, 4),
        (20, 40, 5, 12, 0.15, 2, 2),
        (2, 70, 2, 5, None, 1, 3),
    ],
)
def test_kernels_equal_plain_torch(
    inputs: int, outputs: int, kernel: int, side: int, rate: float | None, paths: int, images: int
) -> None:
    torch.manual_seed(0)
    members = [OneBlock(inputs, outputs, kernel, rate) for _ in range(MEMBERS)]
    maps = torch.randn(MEMBERS, images, inputs, side, side, requires_grad=True)
    weights, buffers = stack_module_state(members)
    weights = {name: weight.detach().requires_grad_() for name, weight in weights.items()}
    slopes, results = None, []
    for fuse in (False, True):
        template = copy.deepcopy(members[0])
        if fuse:
            blocks.fuse_blocks(template)

        def call(state: dict[str, Tensor], maps: Tensor, template: nn.Module = template) -> Any:
            return functional_call(template, state, (maps, paths))

        pooled = torch.vmap(call)({**weights, **buffers}, maps)
        slopes = torch.randn_like(pooled) if slopes is None else slopes
        results.append((pooled, *torch.autograd.grad(pooled, [maps, *weights.values()], slopes)))
    plain, fused = results
    assert "PackedBlock" in {type(part).__name__ for part in template.modules()}
    for one, other in zip(plain, fused, strict=True):
        torch.testing.assert_close(other, one, atol=1e-5, rtol=1e-5)
