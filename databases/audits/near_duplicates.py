"""Whether copies of a picture, changed a little, stand under several subjects.

Aligned faces of different persons are alike, which is what perceptual hashes are made to call
equal. So pictures whose spectra are alike, wherever they are moved to, are laid upon each other
and correlated. On 4128 generated crops of 172 subjects, 44x44 pixels, 17 million pairs of
different subjects, half of them mirrored, and a copy of each crop:

=============================================  ==============  ==========
 pair                                           correlation     found
=============================================  ==============  ==========
 different subjects                             at most .967    0
 JPEG of quality 50                             at least .998   all
 JPEG of quality 30                             at least .994   all but 2
 brighter by 15 levels, or by 15 %              at least .999   all
 moved by one pixel both ways                   at least .997   all
 moved by half a pixel both ways                at least .976   all
 reduced to 36x36 pixels and back               at least .998   all
 noise of 4 levels                              at least .998   all
 turned by 1.5 degrees, 2 % larger, JPEG 50     at least .977   all
 turned by 2 degrees, 3 % larger                at least .955   93 %
=============================================  ==============  ==========

"Found" is at a correlation of .975. Mirrored copies are found as often. Hashes of 256 bits
(``imagehash.phash``), at a threshold that calls no pair of different subjects equal, found 0.2 %
of those moved by one pixel and none of the mirrored ones.
"""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.databases.audits.evidence import PHASES, Crops, Evidence
from posed_spontaneous.databases.findings import Finding, Severity

SIDE = 44
"""Pixels that crops are compared at."""
BLUR = 1.5
"""Standard deviation, in pixels, of the blur that takes grain and JPEG's traces away, and lets
pictures match that are moved by a part of a pixel."""
FREQUENCIES = 8
"""Waves across a crop, along either axis, whose amplitudes are compared first."""
UNLIKE = 0.45
"""Cosine distance of amplitudes from which two crops are no copies; .1 % of the pairs of different
subjects are below, and all but a few copies."""
MOST = 200_000
"""Pairs that are laid upon each other, the most alike first; bounds the time."""
CHUNK = 1000
"""Crops compared with all others at a time, which bounds memory."""

Floats = NDArray[np.float32]


class Copies(NamedTuple):
    """Pairs of crops, numbered, and how well they correlate when moved, -1 to 1."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    correlation: NDArray[np.float64]
    mirrored: NDArray[np.bool_]


class NearDuplicates:
    """Crops of different subjects that are one picture, re-encoded, brightened, moved, mirrored.

    Args:
        correlation: Correlation of two crops from which they are copies, 0 to 1.
        shift: Pixels by which a copy may be moved along either axis.
    """

    CHECK = "near duplicates"

    def __init__(self, correlation: float, shift: int) -> None:
        self.correlation = correlation
        self.shift = shift

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        usable = {p: np.flatnonzero(evidence.readable[p] & ~evidence.blank[p]) for p in PHASES}
        crops = np.concatenate([evidence.crops[phase][usable[phase]] for phase in PHASES])
        if not len(crops):
            return
        row = np.concatenate([usable[phase] for phase in PHASES])
        phase = np.repeat(PHASES, [len(usable[phase]) for phase in PHASES])
        subject = evidence.rows["subject_id"].to_numpy(str)[row]
        found = pd.DataFrame(find_copies(crops, subject, shift=self.shift)._asdict())
        found = found[found["correlation"] >= self.correlation]
        # Those alike in every pixel are another check's.
        alike = [
            not mirrored and np.array_equal(crops[first], crops[second])
            for first, second, _, mirrored in found.itertuples(index=False)
        ]
        found = found[~np.array(alike, bool)].sort_values("correlation", ascending=False)
        subjects = np.sort([subject[found["first"]], subject[found["second"]]], axis=0)
        for (one, other), pairs in found.groupby([*subjects]):
            best = pairs.iloc[0]
            shown = " and ".join(
                f"the {phase[crop]} of {evidence.rows['sample_id'].iloc[row[crop]]}"
                for crop in (best["first"], best["second"])
            ) + " mirrored" * bool(best["mirrored"])
            yield Finding(
                check=self.CHECK,
                severity=Severity.WARNING,
                message=f"subjects {one} and {other} have crops that are nearly one "
                f"picture ({len(pairs)} pairs), most alike {shown} "
                f"(correlation {best['correlation']:.4f}): look whether they are one person, then "
                "give it one subject_id or delete the copies",
                samples=evidence.names(row[pairs[["first", "second"]].to_numpy().ravel()]),
            )


def find_copies(crops: Crops, subjects: NDArray[np.str_], *, shift: int) -> Copies:
    """Pairs of different subjects whose crops might be copies, with their correlations.

    Args:
        crops: Gray crops, ``(N, H, W)``, uint8.
        subjects: Whom each shows, ``(N,)``.
        shift: Pixels by which one may be moved against the other.
    """
    smooth = np.stack([_smooth(crop) for crop in crops])
    spectra = _spectra(smooth)
    centre = spectra.mean(axis=0)
    plain = _unit(spectra - centre)
    found = []
    for mirrored in (False, True):
        other = _unit(_spectra(smooth[:, :, ::-1]) - centre) if mirrored else plain
        first, second = _alike(plain, other, subjects)
        correlation = np.array(
            [
                _correlate(smooth[one], smooth[two, :, ::-1] if mirrored else smooth[two], shift)
                for one, two in zip(first, second, strict=True)
            ]
        )
        found.append(Copies(first, second, correlation, np.full(len(first), mirrored)))
    return Copies(*map(np.concatenate, zip(*found, strict=True)))


def _smooth(crop: Crops) -> Floats:
    small = cv2.resize(crop.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), BLUR), np.float32)


def _spectra(crops: Floats) -> Floats:
    """Logarithms of the amplitudes of low frequencies, which do not tell where a face lies."""
    window = np.hanning(SIDE + 2)[1:-1]
    centred = crops - crops.mean(axis=(1, 2), keepdims=True)
    amplitudes = np.abs(np.fft.rfft2(centred * np.outer(window, window)))[:, :, :FREQUENCIES]
    low = [amplitudes[:, :FREQUENCIES], amplitudes[:, 1 - FREQUENCIES :]]
    logs = np.log1p(np.concatenate(low, axis=1)).reshape(len(crops), -1)
    # Contrast is no part of a picture.
    return np.asarray(logs - logs.mean(axis=1, keepdims=True), np.float32)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)


def _alike(
    one: Floats, other: Floats, subjects: NDArray[np.str_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers of the crops of different subjects whose spectra are alike, each pair once."""
    code = np.unique(subjects, return_inverse=True)[1]
    pairs, distances = [], []
    for start in range(0, len(one), CHUNK):
        distance = 1 - one[start : start + CHUNK] @ other[start:].T
        wanted = np.triu(distance < UNLIKE, 1)
        wanted &= code[start : start + CHUNK, None] != code[None, start:]
        near = np.argwhere(wanted)
        pairs.append(near + start)
        distances.append(distance[tuple(near.T)])
    order = np.concatenate(distances).argsort(kind="stable")[:MOST]
    first, second = np.concatenate(pairs)[order].T
    return first, second


def _correlate(one: Floats, other: Floats, shift: int) -> float:
    """The best correlation of one crop's middle with the other, moved by up to ``shift``."""
    middle = one[shift : SIDE - shift, shift : SIDE - shift]
    return float(cv2.matchTemplate(np.ascontiguousarray(other), middle, cv2.TM_CCOEFF_NORMED).max())
