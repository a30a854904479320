"""Whether one image is in several samples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.dataset import Folds, LeaveOneSubjectOut
from posed_spontaneous.runtime.errors import InputError


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
