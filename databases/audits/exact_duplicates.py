"""Whether one picture stands in several samples."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.dataset import Folds, LeaveOneSubjectOut
from posed_spontaneous.runtime.errors import InputError


class ExactDuplicates:
    """Crops that are alike in every pixel.

    Across subjects they are fatal: a network is tested on what it was trained on. Several samples
    of one subject may well begin with one onset; an apex stands in one sample only. A pair whose
    own onset is its apex is none of them, nor is a blank crop.

    Args:
        folds: Protocol whose folds are looked at; one fold a subject where it needs more subjects.
            As long as whole subjects are folded, a picture of one subject is in one fold only.
    """

    CHECK = "exact duplicates"

    def __init__(self, folds: Folds) -> None:
        self.folds = folds

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        crops = _crops_told_apart(evidence)
        crops = crops[crops.groupby("picture")["row"].transform("nunique") > 1]
        subjects = crops.groupby("picture")["subject_id"].transform("nunique")
        yield from self._across_subjects(evidence, crops[subjects > 1])
        within = crops[subjects == 1]
        apexes = within.groupby("picture")["phase"].transform(lambda phase: "apex" in set(phase))
        yield from self._onsets(evidence, within[~apexes])
        yield from self._apexes(evidence, within[apexes])

    def _across_subjects(self, evidence: Evidence, crops: pd.DataFrame) -> Iterator[Finding]:
        if crops.empty:
            return
        try:
            protocol, folds = self.folds, self.folds.assign(evidence.rows)
        except InputError:
            protocol = LeaveOneSubjectOut()
            folds = protocol.assign(evidence.rows)
        crops = crops.assign(fold=folds[crops["row"]])
        # Subjects who share a picture, and who share one with those, make one finding.
        picture, subject = (pd.factorize(crops[name])[0] for name in ("picture", "subject_id"))
        shown = coo_array((np.ones(len(crops)), (subject, picture))).tocsr()
        circle = connected_components(shown @ shown.T, directed=False)[1][subject]
        for _, shared in crops.groupby(circle, sort=False):
            across = int((shared.groupby("picture")["fold"].nunique() > 1).sum())
            first = shared[shared["picture"] == shared["picture"].iloc[0]]
            first = first.drop_duplicates("subject_id")
            yield Finding(
                check=self.CHECK,
                severity=Severity.FATAL,
                message=f"subjects {_listed(shared['subject_id'])} share "
                f"pictures ({shared['picture'].nunique()}), first {_placed(first)}; {across} of "
                f"them in different folds of {protocol.name}, so a network is tested on what it "
                "was trained on: give one person one subject_id, or delete the wrong rows",
                samples=evidence.names(shared["row"].to_numpy()),
            )

    def _onsets(self, evidence: Evidence, crops: pd.DataFrame) -> Iterator[Finding]:
        if not crops.empty:
            yield Finding(
                check=self.CHECK,
                severity=Severity.NOTE,
                message=f"{crops['picture'].nunique()} onsets begin {crops['row'].nunique()} "
                f"samples of their subjects, first {_placed(crops[:2])}: usual where a "
                "sequence has several apexes, and in one fold as long as subjects are",
                samples=evidence.names(crops["row"].to_numpy()),
            )

    def _apexes(self, evidence: Evidence, crops: pd.DataFrame) -> Iterator[Finding]:
        if crops.empty:
            return
        first = crops[crops["picture"] == crops["picture"].iloc[0]]
        torn = int((crops.groupby("picture")["label"].nunique() > 1).sum())
        yield Finding(
            check=self.CHECK,
            severity=Severity.WARNING,
            message=f"{crops['picture'].nunique()} apexes stand in {crops['row'].nunique()} "
            f"samples of their subjects, first {_placed(first[:2])}, {torn} of them under "
            "different labels: correct the apex frames, or keep one sample of each",
            samples=evidence.names(crops["row"].to_numpy()),
        )


def _crops_told_apart(evidence: Evidence) -> pd.DataFrame:
    """One row a usable crop: its row, phase, and the number of its ``picture``."""
    described = evidence.rows[["sample_id", "subject_id", "label"]]
    crops = pd.concat(
        [
            described.assign(
                row=range(len(described)),
                phase=phase,
                content=[crop.tobytes() for crop in evidence.crops[phase]],
            )[evidence.readable[phase] & ~evidence.blank[phase]]
            for phase in PHASES
        ]
    ).sort_values("row", kind="stable", ignore_index=True)
    return crops.assign(picture=pd.factorize(crops["content"])[0]).drop(columns="content")


def _placed(crops: pd.DataFrame) -> str:
    return " and ".join(
        f"the {phase} of {sample}"
        for phase, sample in zip(crops["phase"], crops["sample_id"], strict=True)
    )


def _listed(names: pd.Series) -> str:
    return ", ".join(sorted(names.astype(str).unique()))
