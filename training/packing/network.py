"""Several networks of one architecture as one network."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state
from torch.nn import functional

from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.training.packing.batches import PADDING
from posed_spontaneous.training.packing.blocks import fuse_blocks
from posed_spontaneous.training.packing.convolution import BatchedConvolutions


class PackedNetwork(nn.Module):
    """Runs M networks by ``torch.vmap``, with their weights stacked along a first dimension.

    Args:
        networks: The networks, of one architecture.
    """

    def __init__(self, networks: Sequence[PairNetwork]) -> None:
        super().__init__()
        weights, buffers = stack_module_state(networks)
        self.weights = nn.ParameterDict({_escape(name): w for name, w in weights.items()})
        for name, buffer in buffers.items():
            self.register_buffer(_escape(name), buffer)
        self._buffer_names = tuple(buffers)
        # In a tuple, so that its weights are not registered as weights of the pack.
        self._template = (_FeaturesAndLogits(fuse_blocks(copy.deepcopy(networks[0]))),)

    def forward(self, onset: Tensor, apex: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and logits ``(M, B, classes)`` without gradient, of a packed batch.

        The loss is the sum of the members' cross-entropies, so each weight receives its own
        member's gradient.
        """
        _, logits = self.predict(onset, apex)
        rows = logits.flatten(0, 1)
        losses = functional.cross_entropy(
            rows.float() if rows.dtype == torch.bfloat16 else rows,
            target.flatten(),
            ignore_index=PADDING,
            reduction="none",
        ).view(target.shape)
        counts = (target != PADDING).sum(1).clamp(min=1)
        return (losses.sum(1) / counts).sum(), logits.detach()

    def predict(self, onset: Tensor, apex: Tensor) -> tuple[Tensor, Tensor]:
        """Features ``(M, B, F)`` and logits ``(M, B, classes)`` of a packed batch."""
        (template,) = self._template
        template.train(self.training)

        def call(state: dict[str, Tensor], onset: Tensor, apex: Tensor) -> Any:
            return functional_call(template, state, (onset, apex))

        state = {f"network.{name}": value for name, value in self.state().items()}
        with BatchedConvolutions():
            features, logits = torch.vmap(call)(state, onset, apex)
        return features, logits

    def count_draws(self, members: slice) -> None:
        """Advance the dropout counters of some members, as modules do outside of a pack."""
        for name in self._buffer_names:
            if name.endswith(".draw"):
                self.get_buffer(_escape(name))[members] += 1

    def state(self) -> Mapping[str, Tensor]:
        """Weights and buffers by the names that they have in a member, each ``(M, ...)``."""
        weights = {_unescape(name): weight for name, weight in self.weights.items()}
        return weights | {name: self.get_buffer(_escape(name)) for name in self._buffer_names}


class _FeaturesAndLogits(nn.Module):
    """A network that returns its features and its logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, onset: Tensor, apex: Tensor) -> tuple[Any, Any]:
        features = self.network.features(onset, apex)  # type: ignore[operator]
        return features, self.network.classify(features)  # type: ignore[operator]


def _escape(name: str) -> str:
    return name.replace(".", "/")  # torch does not allow a dot in a name


def _unescape(name: str) -> str:
    return name.replace("/", ".")
