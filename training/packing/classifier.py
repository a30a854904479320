"""Several networks of one architecture trained as one, for devices that one network leaves idle."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import pytorch_lightning as pl
from torch import Tensor, nn

from posed_spontaneous.datamodules.batches import PairBatch
from posed_spontaneous.lightning_modules.pair_classifier import PairClassifier, PairPrediction
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.training.packing.capture import capture
from posed_spontaneous.training.packing.curves import measure_epochs
from posed_spontaneous.training.packing.network import PackedNetwork
from posed_spontaneous.training.packing.optimizer import PackOptimizer, Part


class PackedClassifier(pl.LightningModule):
    """Trains M networks in parallel, each on its own batches and with its own dropout.

    Optimizers that update each weight independently, such as SGD, Adam and AdamW, keep a separate
    state for each member. On a GPU forward and backward pass are captured as CUDA graphs.

    Args:
        members: The members, of one architecture, optimizer and schedule.
        batches: Number of batches in an epoch of each member, ascending.

    Raises:
        InputError: If there is none.
    """

    def __init__(self, members: Sequence[PairClassifier], batches: Sequence[int]) -> None:
        super().__init__()
        if not members:
            raise InputError("pack: got no network to train, expected one or more")
        # In a tuple, so that the members' own weights are not registered as weights of the pack.
        self.members = tuple(members)
        self.network = PackedNetwork([member.network for member in members])
        self.parts: list[Part] = []
        for count, places in groupby(range(len(batches)), key=batches.__getitem__):
            own = list(places)
            self.parts.append(Part(slice(own[0], own[-1] + 1), count))
        self._graphs: dict[tuple[int, ...], Callable[..., Any]] = {}
        self._outputs: list[tuple[Tensor, Tensor]] = []
        self.curves: list[list[dict[str, float]]] = []

    @property
    def steps(self) -> list[int]:
        """Number of batches that each member trains on, or a large number if all are equal."""
        whole = 2**62 if len(self.parts) == 1 else 0
        return [
            whole or part.steps
            for part in self.parts
            for _ in range(*part.members.indices(len(self.members)))
        ]

    def training_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """Sum of the members' cross-entropies: each weight receives its own member's gradient."""
        inputs = (batch["onset"], batch["apex"], batch["target"])
        step: Callable[..., Any] = self.network
        # Graphs overwrite the gradients of the batch before.
        if self.device.type == "cuda" and self.trainer.accumulate_grad_batches == 1:
            shape = tuple(batch["onset"].shape)
            if not self._graphs:
                self._graphs[shape] = capture(self.network, inputs)
            step = self._graphs.get(shape, self.network)
        loss, logits = step(*inputs)
        self._outputs.append((logits.clone(), batch["target"]))
        return loss  # type: ignore[no-any-return]

    def on_train_batch_end(self, outputs: Any, batch: PairBatch, batch_idx: int) -> None:
        """Advance the dropout counters of the members that train on this batch."""
        passed = len(self._outputs)
        for part in self.parts:
            if len(self.parts) == 1 or passed <= part.steps:
                self.network.count_draws(part.members)

    def on_train_end(self) -> None:
        """Compute the curves of all members."""
        logits, targets = (
            [whole.cpu() for whole in parts] for parts in zip(*self._outputs, strict=True)
        )
        self._outputs.clear()
        self._graphs.clear()
        for part in self.parts:
            alone = len(self.parts) == 1
            taken = len(logits) if alone else part.steps
            self.curves += measure_epochs(
                *([whole[part.members] for whole in parts[:taken]] for parts in (logits, targets)),
                batches=int(self.trainer.num_training_batches) if alone else part.batches,
                accumulated=self.trainer.accumulate_grad_batches,
                steps=part.done,
                classes=self.members[0].classes,
            )

    def predict_step(self, batch: PairBatch, batch_idx: int) -> PairPrediction:
        """Scores ``(M, B, classes)`` and features ``(M, B, F)`` of a batch."""
        features, logits = self.network.predict(batch["onset"], batch["apex"])
        return PairPrediction(row=batch["row"], scores=logits.softmax(dim=2), features=features)

    def configure_optimizers(self) -> Any:
        """The optimizer and schedule that each member has outside of a pack."""
        for part in self.parts:
            part.steps = self._count_steps(part)
        return PackOptimizer(list(self.network.parameters()), self.parts, self._build)

    def unpack(self) -> Sequence[PairClassifier]:
        """The members with their trained weights and buffers."""
        state = {name: value.detach().cpu() for name, value in self.network.state().items()}
        for number, member in enumerate(self.members):
            stored = member.network.state_dict()  # without the buffers that are not stored
            member.network.load_state_dict({name: state[name][number] for name in stored})
        return self.members

    def _build(self, weights: Sequence[nn.Parameter], steps: int) -> tuple[Any, Any]:
        return self.members[0].build_optimizer(weights, steps)

    def _count_steps(self, part: Part) -> int:
        if len(self.parts) == 1:
            return int(self.trainer.estimated_stepping_batches)
        limits = (self.trainer.max_steps, part.batches * (self.trainer.max_epochs or 0))
        return min(limit for limit in limits if limit > 0)
