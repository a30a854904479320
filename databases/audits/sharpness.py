"""Whether the crops are in focus."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding, Severity


class Sharpness:
    """Crops far less sharp than the others.

    Sharpness is the variance of the crop's Laplacian; what counts is its share of the database's
    median. On 2064 generated crops, none had less than .41 of it, and all of them had less than
    .16 after a Gaussian blur of one pixel.

    Args:
        least: Share of the median below which a crop is blurred.
    """

    CHECK = "sharpness"

    def __init__(self, least: float) -> None:
        self.least = least

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        sharpness = np.stack([evidence.sharpness[phase] for phase in PHASES])
        seen = np.stack([evidence.readable[p] & ~evidence.blank[p] for p in PHASES])
        if not seen.any():
            return
        share = np.where(seen, sharpness / np.median(sharpness[seen]), np.inf)
        for phase, shares in zip(PHASES, share, strict=True):
            blurred = shares < self.least
            if blurred.any():
                yield Finding(
                    check=self.CHECK,
                    severity=Severity.WARNING,
                    message=f"{phase}: {blurred.sum()} of {len(blurred)} crops: blurred, below "
                    f"{self.least:g} of the median variance of the Laplacian, the least "
                    f"{shares.min():.2f}: look at the frames, and correct or delete them",
                    samples=evidence.names(blurred),
                )
