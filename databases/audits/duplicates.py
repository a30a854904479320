"""Whether one image, unchanged or slightly changed, is in several samples.

Aligned faces of different persons are similar enough for perceptual hashes to call them equal.
Here, images with similar spectra, which a translation does not change, are aligned and correlated.
On 4128 generated crops of 172 subjects, 44x44 pixels, 17 million pairs of different subjects, half
of them mirrored, and one copy of each crop:

=============================================  ==============  ==========
 pair                                           correlation     found
=============================================  ==============  ==========
 different subjects                             at most .967    0
 JPEG of quality 50                             at least .998   all
 JPEG of quality 30                             at least .994   all but 2
 brighter by 15 levels, or by 15 %              at least .999   all
 shifted by one pixel in x and y                at least .997   all
 shifted by half a pixel in x and y             at least .976   all
 reduced to 36x36 pixels and back               at least .998   all
 noise of 4 levels                              at least .998   all
 rotated by 1.5 degrees, 2 % larger, JPEG 50    at least .977   all
 rotated by 2 degrees, 3 % larger               at least .955   93 %
=============================================  ==============  ==========

"Found" is at a correlation of .975. Mirrored copies are found as often. Hashes of 256 bits
(``imagehash.phash``), at a threshold that calls no pair of different subjects equal, found 0.2 %
of those shifted by one pixel and none of the mirrored ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import PHASES, Crops, Evidence
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.dataset import Folds, LeaveOneSubjectOut
from posed_spontaneous.runtime.errors import InputError

SIDE = 44
"""Side at which crops are compared, in pixels."""
BLUR = 1.5
"""Standard deviation, in pixels, of a blur that removes noise and JPEG artefacts and makes images
match that are shifted by a part of a pixel."""
FREQUENCIES = 8
"""Lowest spatial frequencies, along both axes, with amplitudes that are compared first."""
DISTANCE = 0.45
"""Cosine distance of amplitudes from which two crops are not correlated. Below it are .1 % of the
pairs of different subjects, and almost all copies."""
MOST = 200_000
"""Largest number of correlated pairs, the most similar first, which limits the time."""
CHUNK = 1000
"""Crops compared with all others at a time, which limits memory."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ExactDuplicates(Check):
    """Crops with equal pixels.

    Across subjects they are fatal, because a network is tested on training images. Several samples
    of one subject may share an onset, but not an apex. A pair with equal onset and apex and blank
    crops are findings of other checks.

    Args:
        folds: Protocol for which duplicates across folds are counted; with too few subjects for
            it, one fold per subject.
    """

    name = "exact duplicates"
    folds: Folds

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        crops = _number_images(evidence)
        crops = crops[crops.groupby("image")["row"].transform("nunique") > 1]
        subjects = crops.groupby("image")["subject_id"].transform("nunique")
        yield from self._across_subjects(evidence, crops[subjects > 1])
        within = crops[subjects == 1]
        with_apex = within.groupby("image")["phase"].transform(lambda phase: "apex" in set(phase))
        onsets, apexes = within[~with_apex], within[with_apex]
        if len(onsets):
            yield self.note(
                f"{onsets['image'].nunique()} onsets are shared by {onsets['row'].nunique()} "
                f"samples of their subjects, first {_describe(onsets[:2])}: usual for a sequence "
                "with several apexes, and in one fold if whole subjects are",
                evidence.names(onsets["row"].to_numpy()),
            )
        if len(apexes):
            first = apexes[apexes["image"] == apexes["image"].iloc[0]]
            contradicting = int((apexes.groupby("image")["label"].nunique() > 1).sum())
            yield self.warning(
                f"{apexes['image'].nunique()} apexes are shared by {apexes['row'].nunique()} "
                f"samples of their subjects, first {_describe(first[:2])}, {contradicting} of "
                "them under different labels: correct the apex frames, or keep one sample of each",
                evidence.names(apexes["row"].to_numpy()),
            )

    def _across_subjects(self, evidence: Evidence, crops: pd.DataFrame) -> Iterator[Finding]:
        if crops.empty:
            return
        try:
            protocol, folds = self.folds, self.folds.assign(evidence.rows)
        except InputError:
            protocol = LeaveOneSubjectOut()
            folds = protocol.assign(evidence.rows)
        crops = crops.assign(fold=folds[crops["row"]])
        # Subjects that share an image, directly or through others, are one finding.
        image, subject = (pd.factorize(crops[name])[0] for name in ("image", "subject_id"))
        shown = coo_array((np.ones(len(crops)), (subject, image))).tocsr()
        component = connected_components(shown @ shown.T, directed=False)[1][subject]
        for _, shared in crops.groupby(component, sort=False):
            across = int((shared.groupby("image")["fold"].nunique() > 1).sum())
            first = shared[shared["image"] == shared["image"].iloc[0]]
            yield self.fatal(
                f"subjects {', '.join(sorted(shared['subject_id'].astype(str).unique()))} share "
                f"images ({shared['image'].nunique()}), first "
                f"{_describe(first.drop_duplicates('subject_id'))}; {across} of them in different "
                f"folds of {protocol.name}, so a network is tested on its training images: give "
                "one person one subject_id, or delete the wrong rows",
                evidence.names(shared["row"].to_numpy()),
            )


@dataclass(frozen=True)
class NearDuplicates(Check):
    """Crops of different subjects that are one image, recompressed, brightened, shifted, mirrored.

    Args:
        correlation: Correlation from which two crops are copies, 0 to 1.
        shift: Largest shift along either axis, in pixels.
    """

    name = "near duplicates"
    correlation: float
    shift: int

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        rows = {phase: np.flatnonzero(evidence.usable[phase]) for phase in PHASES}
        crops = np.concatenate([evidence.crops[phase][rows[phase]] for phase in PHASES])
        if not len(crops):
            return
        row = np.concatenate([rows[phase] for phase in PHASES])
        phase = np.repeat(PHASES, [len(rows[phase]) for phase in PHASES])
        subject = evidence.rows["subject_id"].to_numpy(str)[row]
        found = correlate_crops(crops, subject, shift=self.shift)
        found = found[found["correlation"] >= self.correlation]
        equal = (crops[found["first"]] == crops[found["second"]]).all(axis=(1, 2))
        found = found[found["mirrored"] | ~equal].sort_values("correlation", ascending=False)
        subjects = np.sort([subject[found["first"]], subject[found["second"]]], axis=0)
        for (one, other), pairs in found.groupby([*subjects]):
            best = pairs.iloc[0]
            shown = " and ".join(
                f"the {phase[crop]} of {evidence.rows['sample_id'].iloc[row[crop]]}"
                for crop in (best["first"], best["second"])
            ) + " mirrored" * bool(best["mirrored"])
            yield self.warning(
                f"subjects {one} and {other} have crops that are nearly one image "
                f"({len(pairs)} pairs), most similar {shown} (correlation "
                f"{best['correlation']:.4f}): check whether they are one person, then give it one "
                "subject_id or delete the copies",
                evidence.names(row[pairs[["first", "second"]].to_numpy().ravel()]),
            )


def correlate_crops(crops: Crops, subjects: NDArray[np.str_], *, shift: int) -> pd.DataFrame:
    """Correlate the pairs of different subjects that may be copies.

    Args:
        crops: Gray crops, ``(N, H, W)``, uint8.
        subjects: Subject of each crop, ``(N,)``.
        shift: Largest shift along either axis, in pixels.

    Returns:
        Numbers of the ``first`` and ``second`` crop of each pair, their largest ``correlation``
        over all shifts, -1 to 1, and whether the second one is ``mirrored``.
    """
    smooth = np.stack([_smooth(crop) for crop in crops])
    spectra = _spectra(smooth)
    centre = spectra.mean(axis=0)
    plain = _unit(spectra - centre)
    found = []
    for mirrored in (False, True):
        images = smooth[:, :, ::-1] if mirrored else smooth
        other = _unit(_spectra(images) - centre) if mirrored else plain
        first, second = _similar(plain, other, subjects)
        pair = {"first": first, "second": second, "mirrored": mirrored}
        correlation = [
            _correlate(smooth[one], images[two], shift)
            for one, two in zip(first, second, strict=True)
        ]
        found.append(pd.DataFrame({**pair, "correlation": np.array(correlation, float)}))
    return pd.concat(found, ignore_index=True)


def _smooth(crop: Crops) -> Floats:
    small = cv2.resize(crop.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), BLUR), np.float32)


def _spectra(crops: Floats) -> Floats:
    """Logarithms of the amplitudes of low frequencies, which do not depend on a translation."""
    window = np.hanning(SIDE + 2)[1:-1]
    centred = crops - crops.mean(axis=(1, 2), keepdims=True)
    amplitudes = np.abs(np.fft.rfft2(centred * np.outer(window, window)))[:, :, :FREQUENCIES]
    low = [amplitudes[:, :FREQUENCIES], amplitudes[:, 1 - FREQUENCIES :]]
    logs = np.log1p(np.concatenate(low, axis=1)).reshape(len(crops), -1)
    # Without the mean, contrast has no effect.
    return np.asarray(logs - logs.mean(axis=1, keepdims=True), np.float32)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)


def _similar(
    one: Floats, other: Floats, subjects: NDArray[np.str_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers of the crops of different subjects with similar spectra, each pair once."""
    code = np.unique(subjects, return_inverse=True)[1]
    pairs, distances = [], []
    for start in range(0, len(one), CHUNK):
        distance = 1 - one[start : start + CHUNK] @ other[start:].T
        wanted = np.triu(distance < DISTANCE, 1)
        wanted &= code[start : start + CHUNK, None] != code[None, start:]
        near = np.argwhere(wanted)
        pairs.append(near + start)
        distances.append(distance[tuple(near.T)])
    order = np.concatenate(distances).argsort(kind="stable")[:MOST]
    first, second = np.concatenate(pairs)[order].T
    return first, second


def _correlate(one: Floats, other: Floats, shift: int) -> float:
    """Largest correlation of the middle of one crop with the other one, over all shifts."""
    middle = one[shift : SIDE - shift, shift : SIDE - shift]
    return float(cv2.matchTemplate(np.ascontiguousarray(other), middle, cv2.TM_CCOEFF_NORMED).max())


def _number_images(evidence: Evidence) -> pd.DataFrame:
    """One row for each usable crop: its row, phase, and the number of its ``image``."""
    described = evidence.rows[["sample_id", "subject_id", "label"]]
    crops = pd.concat(
        [
            described.assign(
                row=range(len(described)),
                phase=phase,
                content=[crop.tobytes() for crop in evidence.crops[phase]],
            )[evidence.usable[phase]]
            for phase in PHASES
        ]
    ).sort_values("row", kind="stable", ignore_index=True)
    return crops.assign(image=pd.factorize(crops["content"])[0]).drop(columns="content")


def _describe(crops: pd.DataFrame) -> str:
    return " and ".join(
        f"the {phase} of {sample}"
        for phase, sample in zip(crops["phase"], crops["sample_id"], strict=True)
    )
