"""Whether light and camera left a face to see."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding, Severity


class Exposure:
    """Crops that are blank, clipped, very dark or very bright.

    Args:
        clipped: Share of pixels at 0 or 255 above which a crop is clipped, 0 to 1; black borders
            of a face at the frame's edge count too.
        dark: Mean gray level below which a crop is very dark, 0 to 255.
        bright: Mean gray level above which a crop is very bright, 0 to 255.
    """

    CHECK = "exposure"

    def __init__(self, clipped: float, dark: float, bright: float) -> None:
        self.clipped = clipped
        self.dark = dark
        self.bright = bright

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        for phase in PHASES:
            crops, blank = evidence.crops[phase], evidence.blank[phase]
            seen = evidence.readable[phase] & ~blank
            mean = crops.mean(axis=(1, 2))
            usual = float(np.median(mean[seen])) if seen.any() else float("nan")
            at_ends = ((crops == 0) | (crops == 255)).mean(axis=(1, 2))
            for chosen, fault in (
                (blank, "blank, every pixel alike"),
                (
                    seen & (at_ends > self.clipped),
                    f"clipped, over {self.clipped:.0%} of the pixels at 0 or 255",
                ),
                (seen & (mean < self.dark), f"very dark, below a mean of {self.dark:g} of 255"),
                (seen & (mean > self.bright), f"very bright, above a mean of {self.bright:g}"),
            ):
                if chosen.any():
                    yield Finding(
                        check=self.CHECK,
                        severity=Severity.WARNING,
                        message=f"{phase}: {chosen.sum()} of {len(chosen)} crops: {fault}; the "
                        f"median crop has a mean of {usual:.0f}: look at the frames, and correct "
                        "or delete them",
                        samples=evidence.names(chosen),
                    )
