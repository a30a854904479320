"""Whether onset and apex differ."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding


class PairDifference(Check):
    """Pairs with equal or nearly equal images.

    Args:
        least: Mean absolute difference of the two crops, in gray levels of 255, below which they
            are nearly equal.
    """

    name = "onset equal to apex"

    def __init__(self, least: float) -> None:
        self.least = least

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        onset, apex = (evidence.crops[phase].astype(np.int16) for phase in ("onset", "apex"))
        difference = np.abs(apex - onset).mean(axis=(1, 2))
        readable = evidence.readable["onset"] & evidence.readable["apex"]
        equal = readable & (difference == 0)
        nearly = readable & (difference > 0) & (difference < self.least)
        if equal.any():
            yield self.warning(
                f"{equal.sum()} of {len(equal)} pairs: equal images, expected a neutral and an "
                "expressive face: correct the apex, or delete the rows",
                evidence.names(equal),
            )
        if nearly.any():
            yield self.warning(
                f"{nearly.sum()} of {len(nearly)} pairs: a difference below {self.least} gray "
                f"levels, the median is {np.median(difference[readable]):.1f}: check that the "
                "apex frame is correct",
                evidence.names(nearly),
            )
