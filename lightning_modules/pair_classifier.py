"""The LightningModule that trains DiffCNN, CompCNN or any other network of pairs."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics.functional.classification import multiclass_accuracy

from posed_spontaneous.datamodules.batches import PairBatch
from posed_spontaneous.networks import PairNetwork

# Lightning's own noise: a deprecation inside it, and its doubts about having no validation part
# and no DataLoader.
warnings.filterwarnings("ignore", message=".*LeafSpec.*")
warnings.filterwarnings("ignore", message="Couldn't infer the batch indices")
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
        self.classes = classes
        self._judged: defaultdict[str, list[tuple[Tensor, Tensor]]] = defaultdict(list)

    def forward(self, batch: PairBatch) -> Tensor:
        """Logits ``(B, classes)`` of a batch."""
        logits: Tensor = self.network(batch["onset"], batch["apex"])
        return logits

    def training_step(self, batch: PairBatch, batch_idx: int) -> Tensor:
        """Cross-entropy of a training batch."""
        logits = self(batch)
        # Judged once an epoch: of networks this small, metrics of every step are a good part.
        self._judged["train"].append((logits.detach(), batch["target"]))
        return functional.cross_entropy(logits, batch["target"])

    def validation_step(self, batch: PairBatch, batch_idx: int) -> None:
        """Keep what is said of a validation batch."""
        self._judged["validation"].append((self(batch), batch["target"]))

    def on_train_epoch_end(self) -> None:
        """Log the epoch's training figures."""
        self._log_epoch("train")

    def on_validation_epoch_end(self) -> None:
        """Log the epoch's validation figures."""
        self._log_epoch("validation")

    def predict_step(self, batch: PairBatch, batch_idx: int) -> PairPrediction:
        """Scores and features of a batch."""
        features = self.network.features(batch["onset"], batch["apex"])
        scores = self.network.classify(features).softmax(dim=1)
        return PairPrediction(row=batch["row"], scores=scores, features=features)

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule."""
        return self.build_optimizer(self.parameters(), self.trainer)

    def build_optimizer(self, weights: Iterable[nn.Parameter], trainer: pl.Trainer) -> Any:
        """The optimiser of some weights, and its schedule over a trainer's steps."""
        optimizer = self.optimizer(weights)
        schedule = self.schedule(optimizer, total_steps=int(trainer.estimated_stepping_batches))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _log_epoch(self, stage: str) -> None:
        logits, targets = map(torch.cat, zip(*self._judged.pop(stage), strict=True))
        self.log_dict(judge(stage, logits, targets, self.classes))


def judge(stage: str, logits: Tensor, targets: Tensor, classes: int) -> dict[str, Tensor]:
    """Loss and accuracies of an epoch, 0 to 1, named after its stage.

    Args:
        stage: ``train`` or ``validation``.
        logits: What was said, ``(N, classes)``.
        targets: What is true, ``(N,)``.
        classes: Number of classes.
    """
    logits = logits.float()
    scores = logits.softmax(dim=1)
    return {
        f"{stage}/loss": functional.cross_entropy(logits, targets),
        f"{stage}/accuracy": multiclass_accuracy(scores, targets, classes, average="micro"),
        f"{stage}/balanced_accuracy": multiclass_accuracy(scores, targets, classes),
    }
