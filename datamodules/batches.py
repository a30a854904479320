"""Batches of pairs as networks read them, straight from the images in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.datamodules.augmentation import PairAugmentation
from posed_spontaneous.dataset.folds import Indices
from posed_spontaneous.dataset.pairs import Pairs

CHUNK = 128
"""Pairs that are augmented at once: fewer cost more calls, more only memory. Numbers follow it."""


class PairBatch(TypedDict):
    """A batch of B pairs.

    Keys:
        onset: Onset images, ``(B, 1, H, W)``, float32, standardised.
        apex: Apex images, ``(B, 1, H, W)``, float32, standardised.
        target: Class codes, ``(B,)``.
        row: Row of each sample in the manifest, ``(B,)``.
    """

    onset: Tensor
    apex: Tensor
    target: Tensor
    row: Tensor


@dataclass(frozen=True, eq=False)
class PairReader:
    """Turns rows of the manifest into what a network reads.

    Attributes:
        pairs: The database.
        targets: Class code of each pair, ``(N,)``.
        frames: What the two paths read: ``onset``, ``apex`` or ``blank``.
        mean: Gray level that becomes 0.
        deviation: Difference of gray levels that becomes 1.
    """

    pairs: Pairs
    targets: NDArray[np.int64]
    frames: Sequence[str]
    mean: float
    deviation: float

    def read(
        self,
        rows: Indices,
        augment: Callable[[Tensor], Tensor] | None = None,
        device: torch.device | None = None,
    ) -> PairBatch:
        """All of some rows as one batch.

        Args:
            rows: Rows of the manifest, ``(B,)``.
            augment: Maps gray levels ``(N, 2, H, W)`` to others, before they are standardised.
            device: Where to work and to put the batch; None is the CPU.
        """
        # A blank image is the onset until it is standardised, so that every control draws the
        # same augmentation.
        sources = [
            self.pairs.apex if frame == "apex" else self.pairs.onset for frame in self.frames
        ]
        images = torch.empty(2, len(rows), 1, *self.pairs.onset.shape[1:], device=device)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            shown = np.stack([source[rows[part]] for source in sources], axis=1)
            levels = torch.from_numpy(shown).to(device).float()
            if augment is not None:
                levels = augment(levels)
            torch.div(
                levels.sub_(self.mean), self.deviation, out=images[:, part, 0].transpose(0, 1)
            )
        for frame, image in zip(self.frames, images, strict=True):
            if frame == "blank":
                image.zero_()
        return PairBatch(
            onset=images[0],
            apex=images[1],
            target=torch.from_numpy(self.targets[rows]).to(device),
            row=torch.from_numpy(rows).to(device),
        )


class PairBatches:
    """Batches of pairs as they are, in the order of their rows.

    Args:
        reader: Reads the pairs.
        rows: Rows of the manifest.
        batch_size: Pairs in a batch; the last one may hold fewer.
    """

    def __init__(self, reader: PairReader, rows: Indices, batch_size: int) -> None:
        self.reader = reader
        self.rows = rows
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[PairBatch]:
        for start in range(0, len(self.rows), self.batch_size):
            yield self.reader.read(self.rows[start : start + self.batch_size])


class TrainingBatches(PairBatches):
    """Augmented pairs in a new order each epoch.

    Seed and epoch alone decide order and augmentation: a sample looks the same whatever the
    batches' size, and an epoch looks the same whether or not training was taken up again before.
    A whole epoch is made at once, since for single batches the calls cost more than the work.

    Args:
        reader: Reads the pairs.
        rows: Rows of the manifest.
        batch_size: Pairs in a batch; the last one may hold fewer.
        augmentation: What is done to the pairs.
        seed: Seed of every draw.
    """

    def __init__(
        self,
        reader: PairReader,
        rows: Indices,
        batch_size: int,
        augmentation: PairAugmentation,
        seed: int,
    ) -> None:
        super().__init__(reader, rows, batch_size)
        self.augmentation = augmentation
        self.seed = seed
        self.epoch = 0

    def __iter__(self) -> Iterator[PairBatch]:
        whole = self.read_epoch(self.epoch)
        for start in range(0, len(self.rows), self.batch_size):
            part = slice(start, start + self.batch_size)
            yield PairBatch(
                onset=whole["onset"][part],
                apex=whole["apex"][part],
                target=whole["target"][part],
                row=whole["row"][part],
            )

    def read_epoch(self, epoch: int, device: torch.device | None = None) -> PairBatch:
        """Every training pair of an epoch as one batch, in the epoch's order.

        Args:
            epoch: Number of the epoch, from 0.
            device: Where to augment and to put it; the draws are the same anywhere.
        """
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(self.rows)
        return self.reader.read(order, lambda levels: self.augmentation(levels, rng), device)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next."""
        self.epoch = epoch

    @property
    def sampler(self) -> Self:
        """Where Lightning looks for ``set_epoch``."""
        return self
