"""Whether the crops are in focus."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding


class Sharpness(Check):
    """Crops that are much less sharp than the others.

    Sharpness is the variance of the crop's Laplacian, relative to the median of the database. Of
    2064 generated crops, the lowest had .41 of the median; after a Gaussian blur of one pixel all
    of them were below .16.

    Args:
        least: Share of the median below which a crop is blurred.
    """

    name = "sharpness"

    def __init__(self, least: float) -> None:
        self.least = least

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        sharpness = np.stack([evidence.sharpness[phase] for phase in PHASES])
        usable = np.stack([evidence.usable[phase] for phase in PHASES])
        if not usable.any():
            return
        relative = np.where(usable, sharpness / np.median(sharpness[usable]), np.inf)
        for phase, shares in zip(PHASES, relative, strict=True):
            blurred = shares < self.least
            if blurred.any():
                yield self.warning(
                    f"{phase}: {blurred.sum()} of {len(blurred)} crops: blurred, below "
                    f"{self.least:g} of the median variance of the Laplacian, the lowest "
                    f"{shares.min():.2f}: look at the frames, and correct or delete them",
                    evidence.names(blurred),
                )
