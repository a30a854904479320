"""Batches of many folds or seeds side by side, for networks that are trained as one."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from posed_spontaneous.datamodules.batches import PairBatch, PairBatches, TrainingBatches

PADDING = -100
"""Target and row of a pair that only fills up a batch; torch's losses pass over it."""


class PackedBatches:
    """Batches of M members, each ``(M, B, ...)``; a member with fewer pairs is filled up.

    Args:
        members: The members' batches, each with the same number of them.
    """

    def __init__(self, members: Sequence[PairBatches]) -> None:
        self.members = list(members)

    def __len__(self) -> int:
        return len(self.members[0])

    def __iter__(self) -> Iterator[PairBatch]:
        return map(pack, zip(*self.members, strict=True))


class PackedTrainingBatches(PackedBatches):
    """Training batches of M members, each with its own order and augmentation.

    An epoch is made at once on the device that trains, since copying single batches would take
    longer than the steps.

    Args:
        members: The members' batches, each with the same number of them.
        device: Where to make them.
    """

    def __init__(self, members: Sequence[TrainingBatches], device: torch.device) -> None:
        super().__init__(members)
        self.training = list(members)
        self.device = device
        self.epoch = 0

    def __iter__(self) -> Iterator[PairBatch]:
        whole = pack([member.read_epoch(self.epoch, self.device) for member in self.training])
        size = self.members[0].batch_size
        for start in range(0, whole["row"].shape[1], size):
            part = slice(start, start + size)
            yield PairBatch(
                onset=whole["onset"][:, part],
                apex=whole["apex"][:, part],
                target=whole["target"][:, part],
                row=whole["row"][:, part],
            )

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next."""
        self.epoch = epoch

    @property
    def sampler(self) -> Self:
        """Where Lightning looks for ``set_epoch``."""
        return self


def pack(batches: Sequence[PairBatch]) -> PairBatch:
    """M batches as one, ``(M, B, ...)``, filled up to the largest."""

    def fill_up(parts: Iterable[Tensor], value: float) -> Tensor:
        return pad_sequence(list(parts), batch_first=True, padding_value=value)

    return PairBatch(
        onset=fill_up((batch["onset"] for batch in batches), 0),
        apex=fill_up((batch["apex"] for batch in batches), 0),
        target=fill_up((batch["target"] for batch in batches), PADDING),
        row=fill_up((batch["row"] for batch in batches), PADDING),
    )
