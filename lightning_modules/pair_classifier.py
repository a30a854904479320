"""The LightningModule that trains DiffCNN, CompCNN or any other network of pairs."""

import warnings
from collections.abc import Callable
from typing import Any, TypedDict

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from datamodules.pair_datamodule import PairBatch
from networks import PairNetwork

# Lightning's own noise: a deprecation inside it, and its doubt about having no validation part.
warnings.filterwarnings("ignore", message=".*LeafSpec.*")
warnings.filterwarnings("ignore", message="Total length of `list` across ranks is zero")


class PairPrediction(TypedDict):
    """What a network says of a batch of B pairs.

    Keys:
        row: Row of each sample in the manifest, ``(B,)``.
        scores: Softmax over the classes, ``(B, classes)``, 0 to 1.
        features: Outputs of fc2, ``(B, hidden[1])``.
    """

    row: Tensor
    scores: Tensor
    features: Tensor


class PairClassifier(pl.LightningModule):
    """Cross-entropy training of a network that reads pairs (paper, section 3).

    Args:
        network: The network.
        classes: Number of classes.
        optimizer: Builds the optimiser from the parameters.
        schedule: Builds a learning-rate schedule, stepped every batch, from the optimiser and
            the number of steps.
    """

    def __init__(
        self,
        *,
        network: PairNetwork,
        classes: int,
        optimizer: Callable[[Any], Optimizer],
        schedule: Callable[..., LRScheduler],
    ) -> None:
        super().__init__()
        # Channels last is what the convolutions of a CPU are fastest with.
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = optimizer
        self.schedule = schedule
        accuracy = MetricCollection(
            {
                "accuracy": MulticlassAccuracy(classes, average="micro"),
                "balanced_accuracy": MulticlassAccuracy(classes, average="macro"),
            }
        )
        self.train_metrics = accuracy.clone(prefix="train/")
        self.validation_metrics = accuracy.clone(prefix="validation/")

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits ``(B, classes)`` of a batch."""
        logits: Tensor = self.network(batch["onset"], batch["apex"])
        return logits

    def training_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """Cross-entropy of a training batch."""
        return self._step(batch, "train", self.train_metrics)

    def validation_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """Cross-entropy of a validation batch."""
        return self._step(batch, "validation", self.validation_metrics)

    def predict_step(self, batch: PairBatch, batch_idx: int) -> PairPrediction:
        """Scores and features of a batch."""
        features = self.network.features(batch["onset"], batch["apex"])
        scores = self.network.classify(features).softmax(dim=1)
        return PairPrediction(row=batch["row"], scores=scores, features=features)

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule."""
        optimizer = self.optimizer(self.parameters())
        total_steps = int(self.trainer.estimated_stepping_batches)
        schedule = self.schedule(optimizer, total_steps=total_steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _step(self, batch: PairBatch, stage: str, metrics: MetricCollection) -> Tensor:
        logits = self(batch)
        loss = functional.cross_entropy(logits, batch["target"])
        metrics.update(logits.detach().softmax(dim=1), batch["target"])
        self.log(f"{stage}/loss", loss, on_step=False, on_epoch=True, batch_size=len(logits))
        self.log_dict(metrics, on_step=False, on_epoch=True)
        return loss
