"""Batches of several folds or seeds, stacked for networks that are trained as one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from posed_spontaneous.datamodules.batches import (
    CHUNK,
    PairBatch,
    PairBatches,
    TrainingBatches,
)

PADDING = -100
"""Target and row of a pair that only fills a batch; torch's losses ignore it."""

PIECE = 16
"""Batches whose images are made at once: few calls, and little memory."""


class PackedBatches:
    """Unchanged pairs of M members, each batch ``(M, B, ...)``: all members read the same rows.

    Args:
        members: The members' batches, of one database.
        device: Where the images are stored, once for all members, and the batches computed.
    """

    def __init__(self, members: Sequence[PairBatches], device: torch.device) -> None:
        readers = [member.reader for member in members]
        first = self.first = members[0]
        pairs = first.reader.pairs
        self.frames = first.reader.frames
        sources = [pairs.apex if frame == "apex" else pairs.onset for frame in self.frames]
        self.levels = torch.from_numpy(np.stack(sources, axis=1)).to(device)
        self.targets = torch.from_numpy(np.stack([reader.targets for reader in readers])).to(device)
        statistics = torch.tensor([[reader.mean, reader.std] for reader in readers], device=device)
        self.mean, self.std = statistics[:, :, None, None, None, None].unbind(1)
        self.device = device

    def __len__(self) -> int:
        return len(self.first)

    def __iter__(self) -> Iterator[PairBatch]:
        for start in range(0, len(self.first.rows), self.first.batch_size):
            rows = torch.from_numpy(self.first.rows[start : start + self.first.batch_size])
            rows = rows.to(self.device).expand(len(self.targets), -1)
            yield self.standardise(self.levels[rows[0]].float()[None], rows)

    def standardise(self, levels: Tensor, rows: Tensor) -> PairBatch:
        """A batch of gray levels.

        Args:
            levels: Pairs ``(M, B, 2, H, W)``, or ``(1, B, 2, H, W)`` if members share them.
            rows: Rows of the manifest, ``(M, B)``, with ``PADDING``.
        """
        images = ((levels - self.mean) / self.std).unsqueeze(3).unbind(2)
        onset, apex = (
            torch.zeros_like(image) if frame == "blank" else image
            for frame, image in zip(self.frames, images, strict=True)
        )
        target = self.targets.gather(1, rows.clamp(min=0)).where(rows >= 0, PADDING)
        return PairBatch(onset=onset, apex=apex, target=target, row=rows)


class PackedTrainingBatches(PackedBatches):
    """Training batches of M members, each with its own order and augmentation.

    A member whose epochs have fewer batches starts its next epoch earlier than the others: every
    member takes its steps one after another, and batches after its last one are padding.

    Args:
        members: The members' batches.
        device: Where to compute them.
        steps: Returns the number of steps that each member takes.
        pads: Whether the last batch of an epoch is filled to the size of the others, so that all
            batches have one shape. Otherwise it must have the same size for all members.
    """

    def __init__(
        self,
        members: Sequence[TrainingBatches],
        device: torch.device,
        steps: Callable[[], Sequence[int]],
        *,
        pads: bool,
    ) -> None:
        super().__init__(members, device)
        self.steps = steps
        self.pads = pads
        self.streams = [Stream(member) for member in members]
        self.augmentation = members[0].augmentation
        self.passed = 0

    def __len__(self) -> int:
        return max(len(stream.batches) for stream in self.streams)

    def __iter__(self) -> Iterator[PairBatch]:
        first, last = self.passed, self.passed + len(self)
        self.passed = last
        for start in range(first, last, PIECE):
            yield from self._read(start, min(start + PIECE, last))

    def _read(self, start: int, stop: int) -> Iterator[PairBatch]:
        """The batches of steps ``start`` to ``stop``."""
        parts = [
            stream.read(start, stop, total)
            for stream, total in zip(self.streams, self.steps(), strict=True)
        ]
        rows = _upload(np.stack([rows for rows, _ in parts]), self.device)
        members, count = rows.shape
        drawn = [np.concatenate(each) for each in zip(*(own for _, own in parts), strict=True)]
        pairs = self.levels[rows.clamp(min=0).flatten()].float()
        pairs = self.augmentation.apply(pairs, drawn).view(members, count, *pairs.shape[1:])
        size = self.first.batch_size
        if not self.pads:  # only the last batch of an epoch can be short, and is so for all members
            short = len(self) * size - len(self.first.rows)
        for number in range(stop - start):
            part = slice(number * size, (number + 1) * size)
            if not self.pads and (start + number + 1) % len(self) == 0:
                part = slice(part.start, part.stop - short)
            yield self.standardise(pairs[:, part], rows[:, part])


@dataclass(eq=False)
class Stream:
    """The pairs of a member, epoch after epoch.

    Attributes:
        batches: The member's batches.
    """

    batches: TrainingBatches

    def __post_init__(self) -> None:
        self._epochs: dict[int, tuple[NDArray[np.int64], Sequence[NDArray[Any]]]] = {}

    def read(
        self, start: int, stop: int, total: int
    ) -> tuple[NDArray[np.int64], Sequence[NDArray[Any]]]:
        """Rows of the manifest from step ``start`` to ``stop``, and how each pair is augmented.

        Steps from ``total`` on are padding.
        """
        size, length = self.batches.batch_size, len(self.batches)
        epochs = range(start // length, (stop - 1) // length + 1)
        self._epochs = {epoch: self._epochs.get(epoch) or self._draw(epoch) for epoch in epochs}
        parts = []
        for epoch, (order, drawn) in self._epochs.items():
            first = epoch * length
            places = np.arange(max(start - first, 0) * size, min(stop - first, length) * size)
            real = (places < len(order)) & (places // size + first < total)
            # Padding repeats the last pair: whatever it computes must be finite.
            places = np.minimum(places, len(order) - 1)
            parts.append((np.where(real, order[places], PADDING), [each[places] for each in drawn]))
        rows, drawn = zip(*parts, strict=True)
        return np.concatenate(rows), [np.concatenate(each) for each in zip(*drawn, strict=True)]

    def _draw(self, epoch: int) -> tuple[NDArray[np.int64], Sequence[NDArray[Any]]]:
        order, rng = self.batches.order(epoch)
        sides = self.batches.reader.pairs.onset.shape[1:]
        # In the same portions as the images are augmented: the numbers are drawn in this order.
        sizes = [min(CHUNK, len(order) - start) for start in range(0, len(order), CHUNK)]
        drawn = [self.batches.augmentation.draw((size, 2, *sides), rng) for size in sizes]
        return order, [np.concatenate(parts) for parts in zip(*drawn, strict=True)]


def _upload(numbers: NDArray[Any], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(numbers)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
