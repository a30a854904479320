"""Faults of single crops and of pairs of crops."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding


class Readability(Check):
    """Crops that are missing, unreadable or of another size; fatal if no pair can be read."""

    name = "unreadable crops"

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        pairs = evidence.readable["onset"] & evidence.readable["apex"]
        if not pairs.any():
            yield self.fatal(
                f"none of the {len(pairs)} pairs can be read: prepare the database again"
            )
        for phase in PHASES:
            faults = evidence.faults[phase]
            for fault in np.unique(faults[faults != ""]):
                chosen = faults == fault
                first = evidence.rows[f"{phase}_path"].iloc[int(chosen.argmax())]
                yield self.warning(
                    f"{phase}: {chosen.sum()} of {len(chosen)} crops: {fault}, first {first}: "
                    "prepare them again, or delete the rows",
                    evidence.names(chosen),
                )


@dataclass(frozen=True)
class PairDifference(Check):
    """Pairs with equal or nearly equal images.

    Args:
        least: Mean absolute difference of the two crops, in gray levels of 255, below which they
            are nearly equal.
    """

    name = "onset equal to apex"
    least: float

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        onset, apex = (evidence.crops[phase].astype(np.int16) for phase in PHASES)
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


@dataclass(frozen=True)
class Exposure(Check):
    """Crops that are blank, clipped, very dark or very bright.

    Args:
        clipped: Share of pixels at 0 or 255 above which a crop is clipped, 0 to 1. Black borders
            of a face at the edge of the frame count as well.
        dark: Mean gray level below which a crop is very dark, 0 to 255.
        bright: Mean gray level above which a crop is very bright, 0 to 255.
    """

    name = "exposure"
    clipped: float
    dark: float
    bright: float

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        for phase in PHASES:
            crops, usable = evidence.crops[phase], evidence.usable[phase]
            mean = crops.mean(axis=(1, 2))
            median = float(np.median(mean[usable])) if usable.any() else float("nan")
            clipped = ((crops == 0) | (crops == 255)).mean(axis=(1, 2)) > self.clipped
            for chosen, fault in (
                (evidence.blank[phase], "blank, all pixels are equal"),
                (usable & clipped, f"clipped, over {self.clipped:.0%} of the pixels at 0 or 255"),
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


@dataclass(frozen=True)
class Sharpness(Check):
    """Crops that are much less sharp than the others.

    Sharpness is the variance of the crop's Laplacian, relative to the median of the database. Of
    2064 generated crops, the lowest had .41 of the median; after a Gaussian blur of one pixel all
    of them were below .16.

    Args:
        least: Share of the median below which a crop is blurred.
    """

    name = "sharpness"
    least: float

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
