"""The standard Lightning baseline: usual code that shares only the image files with the project.

It consists of a LightningModule, a Dataset that opens two files per sample and augments them with
albumentations, a DataLoader, the default progress bar, and metrics at every step. Network, batches,
epochs, augmentation, optimizer and schedule are those of the project.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import albumentations
import cv2
import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchmetrics.classification import MulticlassAccuracy


class StandardDataset(Dataset[tuple[Tensor, Tensor, int]]):
    """Pairs of image files, augmented as ``augmentation=mild`` does.

    Args:
        rows: Rows of a manifest with absolute image paths.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows.to_dict("records")
        self.classes = sorted(rows["label"].unique())
        ranges: Any = {"translate_px": (-1, 1), "rotate": (-2, 2), "scale": (0.98, 1.02)}
        affine = albumentations.Affine(**ranges, border_mode=cv2.BORDER_REPLICATE, p=1.0)
        contrast = albumentations.RandomBrightnessContrast(0.05, 0.05, p=0.5)
        self.geometric = albumentations.Compose([affine], additional_targets={"apex": "image"})
        self.photometric = albumentations.Compose([contrast])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, int]:
        row = self.rows[index]
        onset, apex = (
            cv2.imread(str(row[column]), cv2.IMREAD_GRAYSCALE)
            for column in ("onset_path", "apex_path")
        )
        moved = self.geometric(image=onset, apex=apex)
        images = (self.photometric(image=moved[name])["image"] for name in ("image", "apex"))
        tensors = [torch.from_numpy(image).float().unsqueeze(0) / 255 for image in images]
        return tensors[0], tensors[1], self.classes.index(row["label"])


class StandardNetwork(nn.Module):
    """DiffCNN, or CompCNN with the operator Sub or Comb, as in the paper's figures.

    Args:
        operator: ``sub``, ``comb`` or, for DiffCNN, None.
        placement: The block after which the paths merge; 0 for DiffCNN.
    """

    def __init__(self, operator: str | None, placement: int) -> None:
        super().__init__()
        self.operator, self.placement = operator, placement
        channels = (1, 20, 40, 60)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inputs, outputs, 5), nn.ReLU(), nn.MaxPool2d(2))
            for inputs, outputs in pairwise(channels)
        )
        self.dropout = nn.ModuleList(nn.Dropout(rate) for rate in (0.05, 0.15, 0.25))
        if operator == "comb":
            compared = channels[placement]
            self.alpha = nn.Conv2d(compared, compared, 1, bias=False)
            self.beta = nn.Conv2d(compared, compared, 1, bias=False)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(240, 160),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(160, 160),
            nn.ReLU(),
            nn.Dropout(0.25),
            nn.Linear(160, 2),
        )

    def forward(self, onset: Tensor, apex: Tensor) -> Tensor:
        """Return the logits, ``(B, 2)``, of onset and apex images, ``(B, 1, 44, 44)``."""
        paths = [onset, apex] if self.operator else [onset - apex]
        layers = zip(self.blocks, self.dropout, strict=True)
        for number, (block, dropout) in enumerate(layers, start=1):
            paths = [block(maps) for maps in paths]
            if number == self.placement:
                onset, apex = paths
                sub = self.operator == "sub"
                compared = onset - apex if sub else self.alpha(onset) + self.beta(apex)
                paths = [torch.relu(compared)]
            paths = [dropout(maps) for maps in paths]
        logits: Tensor = self.head(paths[0])
        return logits


class StandardModule(pl.LightningModule):
    """Training as in Lightning's tutorials."""

    def __init__(self, network: StandardNetwork) -> None:
        super().__init__()
        self.network = network
        self.accuracy = MulticlassAccuracy(2, average="micro")
        self.balanced_accuracy = MulticlassAccuracy(2)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the cross-entropy of a batch, and log it with two metrics."""
        onset, apex, target = batch
        logits = self.network(onset, apex)
        loss = functional.cross_entropy(logits, target)
        scores = logits.softmax(dim=1)
        self.accuracy(scores, target)
        self.balanced_accuracy(scores, target)
        self.log("train/loss", loss, prog_bar=True)
        self.log("train/accuracy", self.accuracy, on_step=True, on_epoch=True)
        self.log("train/balanced_accuracy", self.balanced_accuracy, on_step=True, on_epoch=True)
        return loss

    def configure_optimizers(self) -> Any:
        """Return AdamW and a one-cycle schedule with the options of the project."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-2)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=2e-3, total_steps=steps, pct_start=0.2, cycle_momentum=False
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def train_standard(
    rows: pd.DataFrame,
    operator: str | None,
    placement: int,
    *,
    epochs: int,
    folder: Path,
    watch: pl.Callback,
) -> None:
    """Train a ``StandardNetwork`` on rows of a manifest, while the callback measures the time."""
    loader = DataLoader(StandardDataset(rows), batch_size=16, shuffle=True)
    trainer = pl.Trainer(
        max_epochs=epochs,
        logger=pl.loggers.CSVLogger(folder),
        callbacks=[watch],
        default_root_dir=folder,
        accelerator="cpu",
        enable_checkpointing=False,
    )
    trainer.fit(StandardModule(StandardNetwork(operator, placement)), loader)
