"""Many networks of one architecture trained as one: for devices that single ones leave idle."""

import copy
from collections.abc import Sequence
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
    judge,
)
from posed_spontaneous.networks import PairNetwork
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training.packing.batches import PADDING


class PackedClassifier(pl.LightningModule):
    """Trains M networks side by side, each on its own batches and with its own dropout.

    Their weights are stacked along a leading dimension and ``torch.vmap`` runs them as one
    network. Optimisers of ``torch.optim`` that treat each weight by itself, as SGD, Adam and
    AdamW do, then keep a state of its own for each member too. All members take the same number
    of steps.

    Args:
        members: The members, of one architecture, optimiser and schedule.

    Raises:
        InputError: If there is none.
    """

    def __init__(self, members: Sequence[PairClassifier]) -> None:
        super().__init__()
        if not members:
            raise InputError("pack: no network to train, expected one or more")
        # In tuples, so that the members' own weights are none of the pack's.
        self.members = tuple(members)
        networks = [member.network for member in members]
        weights, buffers = stack_module_state(networks)
        self.weights = nn.ParameterDict({_escape(name): w for name, w in weights.items()})
        for name, buffer in buffers.items():
            self.register_buffer(_escape(name), buffer)
        self._buffer_names = tuple(buffers)
        self._pattern = (_Described(copy.deepcopy(networks[0])),)
        self._judged: list[tuple[Tensor, Tensor]] = []
        self.curves: list[list[dict[str, float]]] = [[] for _ in members]

    def forward(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Features ``(M, B, hidden[1])`` and logits ``(M, B, classes)`` of a packed batch."""
        (pattern,) = self._pattern
        pattern.train(self.training)

        def describe(state: dict[str, Tensor], onset: Tensor, apex: Tensor) -> Any:
            return functional_call(pattern, state, (onset, apex))

        features, logits = torch.vmap(describe)(self._state(), batch["onset"], batch["apex"])
        return features, logits

    def training_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """The members' cross-entropies, added up: each weight has its own member's gradient."""
        _, logits = self(batch)
        targets = batch["target"]
        self._judged.append((logits.detach(), targets))
        losses = functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=PADDING, reduction="none"
        ).view(targets.shape)
        return (losses.sum(1) / (targets != PADDING).sum(1)).sum()

    def on_train_batch_end(self, outputs: Any, batch: PairBatch, batch_idx: int) -> None:
        """Move on to each member's next draw of dropout, as its modules do when alone."""
        for name in self._buffer_names:
            if name.endswith(".draw"):
                self.get_buffer(_escape(name)).add_(1)

    def on_train_epoch_end(self) -> None:
        """Keep each member's training figures, and where in the training they stand."""
        logits, targets = (torch.cat(parts, dim=1) for parts in zip(*self._judged, strict=True))
        self._judged.clear()
        for member, curve, own, truth in zip(
            self.members, self.curves, logits, targets, strict=True
        ):
            real = truth != PADDING
            figures = judge("train", own[real], truth[real], member.classes)
            places = {"epoch": self.current_epoch, "step": self.trainer.global_step - 1}
            curve.append({name: float(value) for name, value in (figures | places).items()})

    def predict_step(self, batch: PairBatch, batch_idx: int) -> PairPrediction:
        """Scores ``(M, B, classes)`` and features ``(M, B, hidden[1])`` of a batch."""
        features, logits = self(batch)
        return PairPrediction(row=batch["row"], scores=logits.softmax(dim=2), features=features)

    def configure_optimizers(self) -> Any:
        """The optimiser and schedule that each member would have alone."""
        return self.members[0].build_optimizer(self.parameters(), self.trainer)

    def unpack(self) -> Sequence[PairClassifier]:
        """The members with the weights that they have by now."""
        for number, member in enumerate(self.members):
            member.network.load_state_dict(
                {name: weight[number] for name, weight in self._weights().items()}
            )
        return self.members

    def _weights(self) -> dict[str, Tensor]:
        return {_unescape(name): weight for name, weight in self.weights.items()}

    def _state(self) -> dict[str, Tensor]:
        buffers = {name: self.get_buffer(_escape(name)) for name in self._buffer_names}
        return {f"network.{name}": state for name, state in (self._weights() | buffers).items()}


class _Described(nn.Module):
    """A network that returns its features beside its logits."""

    def __init__(self, network: PairNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, onset: Tensor, apex: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(onset, apex)
        return features, self.network.classify(features)


def _escape(name: str) -> str:
    return name.replace(".", "/")  # torch allows no dot in a name


def _unescape(name: str) -> str:
    return name.replace("/", ".")
