"""Whether a face can be seen in the light of the recording."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding


class Exposure(Check):
    """Crops that are blank, clipped, very dark or very bright.

    Args:
        clipped: Share of pixels at 0 or 255 above which a crop is clipped, 0 to 1. Black borders
            of a face at the edge of the frame count as well.
        dark: Mean gray level below which a crop is very dark, 0 to 255.
        bright: Mean gray level above which a crop is very bright, 0 to 255.
    """

    name = "exposure"

    def __init__(self, clipped: float, dark: float, bright: float) -> None:
        self.clipped = clipped
        self.dark = dark
        self.bright = bright

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        for phase in PHASES:
            crops, usable = evidence.crops[phase], evidence.usable[phase]
            mean = crops.mean(axis=(1, 2))
            median = float(np.median(mean[usable])) if usable.any() else float("nan")
            at_ends = ((crops == 0) | (crops == 255)).mean(axis=(1, 2))
            for chosen, fault in (
                (evidence.blank[phase], "blank, all pixels are equal"),
                (
                    usable & (at_ends > self.clipped),
                    f"clipped, over {self.clipped:.0%} of the pixels at 0 or 255",
                ),
                (usable & (mean < self.dark), f"very dark, below a mean of {self.dark:g} of 255"),
                (usable & (mean > self.bright), f"very bright, above a mean of {self.bright:g}"),
            ):
                if chosen.any():
                    yield self.warning(
                        f"{phase}: {chosen.sum()} of {len(chosen)} crops: {fault}; the median "
                        f"crop has a mean of {median:.0f}: look at the frames, and correct or "
                        "delete them",
                        evidence.names(chosen),
                    )
