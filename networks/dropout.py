"""Dropout with counter-based random numbers: masks do not depend on a global generator."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from posed_spontaneous.networks import fast

# Odd and near 2**64 over the golden ratio: the step of Steele, Lea and Flood 2014 (SplitMix),
# as a signed number. Neighbouring draws land far apart.
_STRIDE = 0x9E3779B97F4A7C15 - 2**64

# The multipliers of lowbias32, the least biased 32-bit mix of its form that was found by search
# (Wellons 2018, "Prospecting for hash functions"), as signed numbers.
_MULTIPLIERS = (0x7FEB352D, 0x846CA68B - 2**32)


class Mask(NamedTuple):
    """Determines which units are dropped, and the factor of the kept ones.

    Fields:
        draw: Counter that seeds the hash of all units, int64, ``()``.
        threshold: A unit is kept if its hash, int32, is at least this.
        scale: One over the share of kept units.
    """

    draw: Tensor
    threshold: int
    scale: float


class CounterDropout(nn.Dropout):
    """Dropout by a hash of a counter and the unit's index (Salmon et al. 2011).

    The same counter gives the same mask on every device, in every memory format and under
    ``torch.vmap``, whatever other random numbers are used. The buffer ``draw`` is the counter: it
    starts at a random number of torch's generator, each training pass adds one, and checkpoints
    hold it, so that continued training equals uninterrupted training. Under
    ``torch.func.functional_call`` the module cannot store it; the caller adds one after each step.

    Units are numbered image by image with the channel fastest, the memory order of
    ``channels_last`` maps.

    Args:
        rate: Share of units to drop, in [0, 1).
    """

    draw: Tensor

    def __init__(self, rate: float) -> None:
        super().__init__(rate)
        self.register_buffer("draw", torch.randint(2**62, ()))

    def next_mask(self) -> Mask | None:
        """The mask of the next pass; None if nothing is dropped."""
        if not self.training or self.p == 0:
            return None
        draw = self.draw
        # A new tensor: adding in place would change what a functional call was handed.
        self.draw = draw + 1
        return Mask(draw, int(self.p * 2**32) - 2**31, 1 / (1 - self.p))

    def forward(self, input: Tensor, paths: int = 1) -> Tensor:
        """Drop units of ``(B, C)`` or ``(B, C, H, W)``.

        Args:
            input: The units of all paths, one path after another.
            paths: Number of equal parts of the batch in which the same units are dropped.
        """
        return drop(input, self.next_mask(), paths)


def drop(units: Tensor, mask: Mask | None, paths: int = 1) -> Tensor:
    """Set dropped units to zero and scale the others.

    Args:
        units: Units ``(B, C)`` or ``(B, C, H, W)``.
        mask: The mask, or None to keep all.
        paths: Number of equal parts of the batch in which the same units are dropped.
    """
    if mask is None:
        return units
    apart = units.view(paths, len(units) // paths, *units.shape[1:])
    kept = keep(apart.shape[1:], mask, units.device)
    return torch.where(kept, apart * mask.scale, 0).flatten(0, 1)


def keep(shape: Sequence[int], mask: Mask, device: torch.device) -> Tensor:
    """Which units of a shape ``(B, C)`` or ``(B, C, H, W)`` are kept: True or False."""
    images, channels, *sides = shape
    if device.type == "cpu" and fast.is_supported(mask.draw):
        kept = torch.empty(images, *sides, channels, dtype=torch.bool)
        fast.load_kernels().fill_kept(kept.view(-1).numpy(), *as_numbers(mask)[:3])
    else:
        count = images * channels * int(np.prod(sides, dtype=int))
        place = torch.arange(count, dtype=torch.int32, device=device)
        kept = _hash(place, mask.draw).view(images, *sides, channels) >= mask.threshold
    return kept.movedim(-1, 1)


def as_numbers(mask: Mask | None) -> tuple[np.uint32, np.uint32, np.int32, np.float32]:
    """Keys, threshold and scale for a compiled kernel; without a mask all units are kept."""
    if mask is None:
        return np.uint32(0), np.uint32(0), np.int32(-(2**31)), np.float32(1)
    mixed = int(mask.draw) * _STRIDE % 2**64
    first, second = np.uint32(mixed % 2**32), np.uint32(mixed >> 32)
    return first, second, np.int32(mask.threshold), np.float32(mask.scale)


def _hash(place: Tensor, draw: Tensor) -> Tensor:
    # lowbias32 with one key before it and one within, without its last shift, which changes the
    # lower half only and hardly ever matters. The compiled kernels repeat these lines.
    mixed = draw * _STRIDE
    first, second = mixed.to(torch.int32), (mixed >> 32).to(torch.int32)
    mixed = place ^ first
    mixed = (mixed ^ (mixed >> 16 & 0xFFFF)) * _MULTIPLIERS[0]
    mixed = (mixed ^ (mixed >> 15 & 0x1FFFF) ^ second) * _MULTIPLIERS[1]
    return mixed
