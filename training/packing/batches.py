"""Batches of several folds or seeds, stacked for networks that are trained as one."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from posed_spontaneous.datamodules.batches import (
    PairBatch,
    PairBatches,
    TrainingBatches,
    split_batches,
)

PADDING = -100
"""Target and row of a pair that only fills a batch; torch's losses ignore it."""


class PackedBatches:
    """Batches of M members, each ``(M, B, ...)``; members with fewer pairs are padded.

    Args:
        members: The members' batches, of equal number.
    """

    def __init__(self, members: Sequence[PairBatches]) -> None:
        self.members = members

    def __len__(self) -> int:
        return len(self.members[0])

    def __iter__(self) -> Iterator[PairBatch]:
        return map(pack, zip(*self.members, strict=True))


class PackedTrainingBatches(PackedBatches):
    """Training batches of M members, each with its own order and augmentation.

    An epoch is computed at once on the device that trains: copying single batches would take
    longer than the steps.

    Args:
        members: The members' batches, of equal number.
        device: Where to compute them.
        epoch: Returns the number of the current epoch, from 0.
    """

    def __init__(
        self, members: Sequence[TrainingBatches], device: torch.device, epoch: Callable[[], int]
    ) -> None:
        super().__init__(members)
        self.training = members
        self.device = device
        self.epoch = epoch

    def __iter__(self) -> Iterator[PairBatch]:
        epoch = self.epoch()
        whole = pack([member.read_epoch(epoch, self.device) for member in self.training])
        yield from split_batches(whole, self.members[0].batch_size, dim=1)


def pack(batches: Sequence[PairBatch]) -> PairBatch:
    """Stack M batches as ``(M, B, ...)``, padded to the largest."""

    def pad(parts: Iterable[Tensor], value: float) -> Tensor:
        return pad_sequence(list(parts), batch_first=True, padding_value=value)

    return PairBatch(
        onset=pad((batch["onset"] for batch in batches), 0),
        apex=pad((batch["apex"] for batch in batches), 0),
        target=pad((batch["target"] for batch in batches), PADDING),
        row=pad((batch["row"] for batch in batches), PADDING),
    )
