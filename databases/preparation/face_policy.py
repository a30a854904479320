"""What to do with a frame that does not show exactly one whole face."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posed_spontaneous.databases.preparation.detectors import Face
from posed_spontaneous.databases.preparation.sample_findings import ExclusionError, SampleFindings
from posed_spontaneous.runtime.errors import InputError

NO_FACE, SEVERAL_FACES, CUT_FACE = "no face", "several faces", "face cut by the border"


@dataclass(frozen=True, kw_only=True)
class FacePolicy:
    """What to do in each of three cases, all of which are findings.

    ``skip`` excludes the sample by an ``ExclusionError``, ``fail`` ends the command by an
    ``InputError``.

    Args:
        no_face: ``skip``, ``fail``, or ``keep``, which takes the middle square of the frame and
            suits images that are cropped already.
        several_faces: ``skip``, ``fail``, or ``largest``.
        cut_face: ``skip``, ``fail``, or ``keep``, which repeats the frame's border.
        cut_tolerance: How far a crop may extend beyond its frame before the face counts as cut, as
            a fraction of the crop's width.

    Raises:
        InputError: If an option is unknown.
    """

    no_face: str
    several_faces: str
    cut_face: str
    cut_tolerance: float

    def __post_init__(self) -> None:
        for case, way in (("no_face", "keep"), ("several_faces", "largest"), ("cut_face", "keep")):
            if getattr(self, case) not in ("skip", "fail", way):
                raise InputError(
                    f"faces.{case}: is {getattr(self, case)!r}, expected skip, fail or {way}"
                )

    def choose(
        self, faces: Sequence[Face], name: str, findings: SampleFindings, near: Face | None = None
    ) -> Face | None:
        """Choose the face of the sample; None is the middle square of the frame.

        Args:
            faces: All faces of a frame.
            name: The frame's name in messages.
            findings: Receives the finding.
            near: Choose the face nearest to this one; by default the largest is chosen.
        """
        if not faces:
            found = f"{name}: no face was found"
            self._apply(
                NO_FACE, self.no_face, "keep", f"{found}: try another detector, or "
                "faces.no_face=keep if the images are cropped already",
            )  # fmt: skip
            findings.warn(NO_FACE, f"{found}: its middle square is used")
            return None
        if len(faces) > 1:
            found = f"{name}: {len(faces)} faces were found"
            self._apply(
                SEVERAL_FACES, self.several_faces, "largest", f"{found}, expected one: "
                "faces.several_faces=largest uses the largest",
            )  # fmt: skip
            chosen = "the one nearest to the onset's" if near else "the largest"
            findings.note(SEVERAL_FACES, f"{found}: {chosen} is used")
        if near is not None:
            return min(faces, key=lambda face: _distance(face, near))
        return max(faces, key=lambda face: face.area)

    def check_border(self, overhang: float, name: str, findings: SampleFindings) -> None:
        """Check that a crop is within its frame.

        Args:
            overhang: How far it extends beyond, as a fraction of its width.
            name: The frame's name in messages.
            findings: Receives the finding.
        """
        if overhang > self.cut_tolerance:
            found = f"{name}: {100 * overhang:.0f} % of the crop's width are outside of the frame"
            self._apply(
                CUT_FACE, self.cut_face, "keep", f"{found}, expected at most "
                f"{100 * self.cut_tolerance:.0f} %: faces.cut_face=keep repeats the border",
            )  # fmt: skip
            findings.warn(CUT_FACE, f"{found}: the border is repeated")

    @staticmethod
    def _apply(check: str, policy: str, accepting: str, message: str) -> None:
        if policy == "fail":
            raise InputError(message)
        if policy != accepting:
            raise ExclusionError(check, message)


def _distance(face: Face, other: Face) -> float:
    return float(np.linalg.norm(face.eyes.mean(axis=0) - other.eyes.mean(axis=0)))
