"""The LightningModule that trains DiffCNN, CompCNN or any other network of pairs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.functional.classification import multiclass_accuracy

from posed_spontaneous.datamodules.batches import PairBatch
from posed_spontaneous.networks import PairNetwork


class PairPrediction(TypedDict):
    """Predictions for a batch of B pairs.

    Keys:
        row: Row of each sample in the manifest, ``(B,)``.
        scores: Softmax over the classes, ``(B, classes)``, 0 to 1.
        features: Features of the network, ``(B, F)``; fc2 of the paper's networks.
    """

    row: Tensor
    scores: Tensor
    features: Tensor


class PairClassifier(pl.LightningModule):
    """Cross-entropy training of a network of pairs (paper, section 3).

    All arguments are plain configurations and are stored in the checkpoint, so that
    ``PairClassifier.load_from_checkpoint(path)`` rebuilds network and weights.

    Args:
        network: Configuration of the network; ``classes`` is passed to it.
        classes: Number of classes.
        optimizer: Configuration of the optimizer, a partial that takes the parameters.
        schedule: Configuration of the learning-rate schedule, a partial that takes the optimizer
            and ``total_steps``; it is stepped every batch.
    """

    def __init__(
        self,
        *,
        network: Mapping[str, Any],
        classes: int,
        optimizer: Mapping[str, Any],
        schedule: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.classes = classes
        built: PairNetwork = instantiate(network, classes=classes)
        # Convolutions on a CPU are fastest in this memory format.
        self.network = built.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._outputs: defaultdict[str, list[tuple[Tensor, Tensor]]] = defaultdict(list)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits ``(B, classes)`` of a batch."""
        logits: Tensor = self.network.classify(self.network.features(batch["onset"], batch["apex"]))
        return logits

    def training_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """Cross-entropy of a training batch."""
        logits = self(batch)
        # Metrics are computed once an epoch: at every step they take a large share of the time.
        self._outputs["train"].append((logits.detach(), batch["target"]))
        return functional.cross_entropy(logits, batch["target"])

    def validation_step(self, batch: PairBatch, batch_idx: int) -> None:
        """Store the logits of a validation batch."""
        self._outputs["validation"].append((self(batch), batch["target"]))

    def on_train_epoch_end(self) -> None:
        """Log the training metrics of the epoch."""
        self._log_epoch("train")

    def on_validation_epoch_end(self) -> None:
        """Log the validation metrics of the epoch."""
        self._log_epoch("validation")

    def predict_step(self, batch: PairBatch, batch_idx: int) -> PairPrediction:
        """Scores and features of a batch."""
        features = self.network.features(batch["onset"], batch["apex"])
        scores = self.network.classify(features).softmax(dim=1)
        return PairPrediction(row=batch["row"], scores=scores, features=features)

    def configure_optimizers(self) -> Any:
        """The optimizer and its schedule."""
        optimizer, schedule = self.build_optimizer(
            self.parameters(), int(self.trainer.estimated_stepping_batches)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def build_optimizer(self, parameters: Iterable[nn.Parameter], steps: int) -> tuple[Any, Any]:
        """The optimizer of some parameters, and its schedule over a number of steps."""
        optimizer = instantiate(self.hparams["optimizer"])(parameters)
        return optimizer, instantiate(self.hparams["schedule"])(optimizer, total_steps=steps)

    def _log_epoch(self, stage: str) -> None:
        logits, targets = map(torch.cat, zip(*self._outputs.pop(stage), strict=True))
        self.log_dict(epoch_metrics(stage, logits, targets, self.classes))


def epoch_metrics(stage: str, logits: Tensor, targets: Tensor, classes: int) -> dict[str, Tensor]:
    """Loss, accuracy and balanced accuracy of an epoch.

    Args:
        stage: Prefix of the names: ``train`` or ``validation``.
        logits: Logits, ``(N, classes)``.
        targets: Class codes, ``(N,)``.
        classes: Number of classes.
    """
    logits = logits.float()
    scores = logits.softmax(dim=1)
    return {
        f"{stage}/loss": functional.cross_entropy(logits, targets),
        f"{stage}/accuracy": multiclass_accuracy(scores, targets, classes, average="micro"),
        f"{stage}/balanced_accuracy": multiclass_accuracy(scores, targets, classes),
    }
