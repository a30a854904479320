"""Several networks of one architecture trained as one, for devices that one network leaves idle."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state
from torch.nn import functional

from posed_spontaneous.datamodules.batches import PairBatch
from posed_spontaneous.lightning_modules.pair_classifier import (
    PairClassifier,
    PairPrediction,
    epoch_metrics,
)
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training.packing.batches import PADDING


class PackedClassifier(pl.LightningModule):
    """Trains M networks in parallel, each on its own batches and with its own dropout.

    Their weights are stacked along a leading dimension and ``torch.vmap`` runs them as one
    network. Optimizers that update each weight independently, such as SGD, Adam and AdamW, then
    keep a separate state for each member. All members take the same number of steps.

    Args:
        members: The members, of one architecture, optimizer and schedule.

    Raises:
        InputError: If there is none.
    """

    def __init__(self, members: Sequence[PairClassifier]) -> None:
        super().__init__()
        if not members:
            raise InputError("pack: got no network to train, expected one or more")
        # In tuples, so that the members' own weights are not registered as weights of the pack.
        self.members = tuple(members)
        networks = [member.network for member in members]
        weights, buffers = stack_module_state(networks)
        self.weights = nn.ParameterDict({_escape(name): w for name, w in weights.items()})
        for name, buffer in buffers.items():
            self.register_buffer(_escape(name), buffer)
        self._buffer_names = tuple(buffers)
        self._template = (_FeaturesAndLogits(copy.deepcopy(networks[0])),)
        self._outputs: list[tuple[Tensor, Tensor]] = []
        self.curves: list[list[dict[str, float]]] = [[] for _ in members]

    def forward(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Features ``(M, B, F)`` and logits ``(M, B, classes)`` of a packed batch."""
        (template,) = self._template
        template.train(self.training)

        def call(state: dict[str, Tensor], onset: Tensor, apex: Tensor) -> Any:
            return functional_call(template, state, (onset, apex))

        state = {f"network.{name}": value for name, value in self._state().items()}
        features, logits = torch.vmap(call)(state, batch["onset"], batch["apex"])
        return features, logits

    def training_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """Sum of the members' cross-entropies: each weight receives its own member's gradient."""
        _, logits = self(batch)
        targets = batch["target"]
        self._outputs.append((logits.detach(), targets))
        losses = functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=PADDING, reduction="none"
        ).view(targets.shape)
        return (losses.sum(1) / (targets != PADDING).sum(1)).sum()

    def on_train_batch_end(self, outputs: Any, batch: PairBatch, batch_idx: int) -> None:
        """Advance each member's dropout counters, as its modules do outside of a pack."""
        for name in self._buffer_names:
            if name.endswith(".draw"):
                self.get_buffer(_escape(name)).add_(1)

    def on_train_epoch_end(self) -> None:
        """Store each member's training metrics with epoch and step."""
        logits, targets = (torch.cat(parts, dim=1) for parts in zip(*self._outputs, strict=True))
        self._outputs.clear()
        progress = {"epoch": self.current_epoch, "step": self.trainer.global_step - 1}
        for member, curve, own, target in zip(
            self.members, self.curves, logits, targets, strict=True
        ):
            real = target != PADDING
            metrics = epoch_metrics("train", own[real], target[real], member.classes)
            curve.append({name: float(value) for name, value in (metrics | progress).items()})

    def predict_step(self, batch: PairBatch, batch_idx: int) -> PairPrediction:
        """Scores ``(M, B, classes)`` and features ``(M, B, F)`` of a batch."""
        features, logits = self(batch)
        return PairPrediction(row=batch["row"], scores=logits.softmax(dim=2), features=features)

    def configure_optimizers(self) -> Any:
        """The optimizer and schedule that each member has outside of a pack."""
        return self.members[0].build_optimizer(self.parameters(), self.trainer)

    def unpack(self) -> Sequence[PairClassifier]:
        """The members with their trained weights and buffers."""
        state = self._state()
        for number, member in enumerate(self.members):
            stored = member.network.state_dict()  # without the buffers that are not stored
            member.network.load_state_dict({name: state[name][number] for name in stored})
        return self.members

    def _state(self) -> Mapping[str, Tensor]:
        weights = {_unescape(name): weight for name, weight in self.weights.items()}
        return weights | {name: self.get_buffer(_escape(name)) for name in self._buffer_names}


class _FeaturesAndLogits(nn.Module):
    """A network that returns its features and its logits."""

    def __init__(self, network: PairNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, onset: Tensor, apex: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(onset, apex)
        return features, self.network.classify(features)


def _escape(name: str) -> str:
    return name.replace(".", "/")  # torch does not allow a dot in a name


def _unescape(name: str) -> str:
    return name.replace("/", ".")
