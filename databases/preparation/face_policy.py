"""What becomes of a frame that does not show one whole face."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.databases.preparation.alignment import Similarity, overhang
from posed_spontaneous.databases.preparation.detectors import Face
from posed_spontaneous.databases.preparation.remarks import RefusalError, Remarks
from posed_spontaneous.runtime.errors import InputError

NO_FACE, SEVERAL_FACES, CUT_FACE = "no face", "several faces", "face cut by the border"


@dataclass(frozen=True, kw_only=True)
class FacePolicy:
    """Whether to go on where a frame is not as it should be; each case is a finding.

    ``skip`` leaves the sample out and ``fail`` ends the command.

    Args:
        no_face: ``skip``, ``fail``, or ``keep``: the middle square of the frame is taken, as suits
            pictures that are cut already.
        several_faces: ``skip``, ``fail``, or ``largest``.
        cut_face: ``skip``, ``fail``, or ``keep``: the frame's border is repeated.
        cut_tolerance: How far a crop may leave its frame, as a share of the crop's width, before
            its face counts as cut.
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
        self, faces: Sequence[Face], name: str, remarks: Remarks, near: Face | None = None
    ) -> Face | None:
        """The face of the sample; None to go on without.

        Args:
            faces: All faces of a frame.
            name: The frame's file.
            remarks: Takes the finding.
            near: The face in an earlier frame; None takes the largest.

        Raises:
            RefusalError: If the sample is left out.
        """
        if not faces:
            if self.no_face != "keep":
                raise self._refuse(
                    NO_FACE, self.no_face, f"{name}: no face was found: try another detector, or "
                    "faces.no_face=keep if the pictures are cut already"
                )  # fmt: skip
            remarks.add(
                NO_FACE, Severity.WARNING, f"{name}: no face was found: its middle square is taken"
            )
            return None
        if len(faces) > 1:
            found = f"{name}: {len(faces)} faces were found"
            if self.several_faces != "largest":
                raise self._refuse(
                    SEVERAL_FACES, self.several_faces, f"{found}, expected one: "
                    "faces.several_faces=largest takes the largest"
                )  # fmt: skip
            taken = "the one nearest to the onset's" if near else "the largest"
            remarks.add(SEVERAL_FACES, Severity.NOTE, f"{found}: {taken} is taken")
        if near is not None:
            return min(faces, key=lambda face: _apart(face, near))
        return max(faces, key=lambda face: face.area)

    def check_border(
        self, similarity: Similarity, size: int, frame: tuple[int, int], name: str, remarks: Remarks
    ) -> None:
        """Tell a crop that leaves its frame.

        Args:
            similarity: From the frame to the crop.
            size: Pixels of the crop's side.
            frame: Width and height of the frame.
            name: The frame's file.
            remarks: Takes the finding.

        Raises:
            RefusalError: If the sample is left out.
        """
        beyond = overhang(similarity, size, *frame)
        if beyond <= self.cut_tolerance:
            return
        found = f"{name}: {100 * beyond:.0f} % of the crop's width lie beyond the frame's border"
        if self.cut_face != "keep":
            raise self._refuse(
                CUT_FACE, self.cut_face, f"{found}, expected at most "
                f"{100 * self.cut_tolerance:.0f} %: faces.cut_face=keep repeats the border"
            )  # fmt: skip
        remarks.add(CUT_FACE, Severity.WARNING, f"{found}: the border is repeated")

    @staticmethod
    def _refuse(check: str, policy: str, message: str) -> RefusalError:
        return RefusalError(check, message, ends_all=policy == "fail")


def _apart(face: Face, other: Face) -> float:
    middle: NDArray[np.float64] = face.eyes.mean(axis=0) - other.eyes.mean(axis=0)
    return float(np.linalg.norm(middle))
