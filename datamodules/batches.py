"""Batches of pairs, read directly from the images in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.datamodules.augmentation import PairAugmentation
from posed_spontaneous.dataset.folds import Indices
from posed_spontaneous.dataset.pairs import Pairs

CHUNK = 128
"""Pairs that are augmented at once. The random numbers of an epoch depend on it."""


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


def split_batches(pairs: PairBatch, size: int, dim: int = 0) -> Iterator[PairBatch]:
    """Split a batch along the dimension of its pairs; the last part may hold fewer pairs."""
    parts = {key: value.split(size, dim) for key, value in pairs.items()}  # type: ignore[attr-defined]
    for batch in zip(*parts.values(), strict=True):
        yield PairBatch(**dict(zip(parts, batch, strict=True)))  # type: ignore[typeddict-item]


@dataclass(frozen=True, eq=False)
class PairReader:
    """Reads rows of the manifest in the form that a network takes.

    Attributes:
        pairs: The database.
        targets: Class code of each pair, ``(N,)``.
        frames: What the two paths read: ``onset``, ``apex`` or ``blank``.
        mean: Gray level that becomes 0.
        std: Difference of gray levels that becomes 1.
    """

    pairs: Pairs
    targets: NDArray[np.int64]
    frames: Sequence[str]
    mean: float
    std: float

    def read(
        self,
        rows: Indices,
        augment: Callable[[Tensor], Tensor] | None = None,
        device: torch.device | None = None,
    ) -> PairBatch:
        """Read rows as one batch.

        Args:
            rows: Rows of the manifest, ``(B,)``.
            augment: Changes gray levels ``(N, 2, H, W)`` before they are standardised.
            device: Where the batch is computed and stored; None is the CPU.
        """
        # A blank image is read as the onset and zeroed after standardisation, so that all probes
        # consume the same random numbers in augmentation.
        sources = [
            self.pairs.apex if frame == "apex" else self.pairs.onset for frame in self.frames
        ]
        images = torch.empty(2, len(rows), 1, *self.pairs.onset.shape[1:], device=device)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            stacked = np.stack([source[rows[part]] for source in sources], axis=1)
            levels = torch.from_numpy(stacked).to(device).float()
            if augment is not None:
                levels = augment(levels)
            torch.div(levels.sub_(self.mean), self.std, out=images[:, part, 0].transpose(0, 1))
        for frame, image in zip(self.frames, images, strict=True):
            if frame == "blank":
                image.zero_()
        return PairBatch(
            onset=images[0],
            apex=images[1],
            target=torch.from_numpy(self.targets[rows]).to(device),
            row=torch.from_numpy(rows).to(device),
        )


@dataclass(frozen=True, eq=False)
class PairBatches:
    """Unchanged pairs in the order of their rows.

    Attributes:
        reader: Reads the pairs.
        rows: Rows of the manifest.
        batch_size: Pairs in a batch; the last one may hold fewer.
    """

    reader: PairReader
    rows: Indices
    batch_size: int

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[PairBatch]:
        for start in range(0, len(self.rows), self.batch_size):
            yield self.reader.read(self.rows[start : start + self.batch_size])


@dataclass(frozen=True, eq=False)
class TrainingBatches(PairBatches):
    """Augmented pairs in a new order each epoch.

    Order and augmentation depend on seed and epoch only, so neither the batch size nor resuming
    changes how a sample is augmented. An epoch is computed at once: for single batches of images
    this small, calls cost more than the arithmetic.

    Attributes:
        augmentation: Changes the pairs.
        seed: Seed of all random numbers.
        epoch: Returns the number of the current epoch, from 0.
    """

    augmentation: PairAugmentation
    seed: int
    epoch: Callable[[], int]

    def __iter__(self) -> Iterator[PairBatch]:
        # Evaluated with the first batch: Lightning creates iterators before it knows the epoch.
        yield from split_batches(self.read_epoch(self.epoch()), self.batch_size)

    def read_epoch(self, epoch: int, device: torch.device | None = None) -> PairBatch:
        """All training pairs of an epoch as one batch, in the epoch's order.

        Args:
            epoch: Number of the epoch, from 0.
            device: Where they are computed and stored; the random numbers are the same anywhere.
        """
        order, rng = self.order(epoch)
        return self.reader.read(order, lambda levels: self.augmentation(levels, rng), device)

    def order(self, epoch: int) -> tuple[Indices, np.random.Generator]:
        """The rows of an epoch in its order, and what draws the parameters of its augmentation."""
        rng = np.random.default_rng((self.seed, epoch))
        return rng.permutation(self.rows), rng
