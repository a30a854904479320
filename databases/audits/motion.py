"""Whether the face moves between onset and apex."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding, Severity


class Motion:
    """Pairs whose onset is their apex, or nearly.

    Args:
        least: Mean absolute difference of the two crops, in gray levels of 255, below which they
            are nearly equal.
    """

    CHECK = "onset equal to apex"

    def __init__(self, least: float) -> None:
        self.least = least

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        onset, apex = (evidence.crops[phase].astype(np.int16) for phase in ("onset", "apex"))
        change = np.abs(apex - onset).mean(axis=(1, 2))
        readable = evidence.readable["onset"] & evidence.readable["apex"]
        equal = readable & (change == 0)
        nearly = readable & (change > 0) & (change < self.least)
        if equal.any():
            yield Finding(
                check=self.CHECK,
                severity=Severity.WARNING,
                message=f"{equal.sum()} of {len(equal)} pairs: one picture twice, expected a "
                "neutral and an expressive face: correct the apex, or delete the rows",
                samples=evidence.names(equal),
            )
        if nearly.any():
            yield Finding(
                check=self.CHECK,
                severity=Severity.WARNING,
                message=f"{nearly.sum()} of {len(nearly)} pairs: a difference below {self.least} "
                f"gray levels, the median is {np.median(change[readable]):.1f}: look whether the "
                "apex is the apex",
                samples=evidence.names(nearly),
            )
