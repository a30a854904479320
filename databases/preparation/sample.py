"""From one recording to one sample: an aligned pair, its points, and what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.alignment import (
    EyeAlignment,
    Similarity,
    crop,
    middle_square,
    transform,
)
from posed_spontaneous.databases.preparation.detectors import Detector, Face
from posed_spontaneous.databases.preparation.detectors.detector import to_source
from posed_spontaneous.databases.preparation.face_policy import NO_FACE, FacePolicy
from posed_spontaneous.databases.preparation.frames import FrameSource, open_frames
from posed_spontaneous.databases.preparation.pictures import Frame, FrameError, Picture
from posed_spontaneous.databases.preparation.remarks import RefusalError, Remarks
from posed_spontaneous.databases.preparation.spotting import Spotter
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

UNREADABLE, POSITIONS, UNIFORM = "unreadable frame", "onset and apex", "blank crop"
EQUAL, SIZES, CONVERTED = "onset equals apex", "frames of two sizes", "converted picture"
UNEXPECTED = "unexpected error"
MOST_UNREADABLE = 0.5
"""Share of a sequence's frames; with more, the sample is left out."""
ANNOTATED = "annotated"


@dataclass(frozen=True)
class Moments:
    """Positions in a recording, and where they come from."""

    onset: int
    apex: int
    offset: int | None
    onset_source: str
    apex_source: str


@dataclass(frozen=True, eq=False)
class View:
    """One frame of a pair, cut.

    Attributes:
        crop: The aligned square.
        face: The face; None where none was found.
        frame: The frame.
        similarity: From pixels of the frame to those of the crop.
    """

    crop: Picture
    face: Face | None
    frame: Frame
    similarity: Similarity

    @property
    def crop_points(self) -> NDArray[np.float64] | None:
        """Facial points in pixels of the crop, ``(P, 2)``."""
        return None if self.face is None else transform(self.similarity, self.face.points)

    @property
    def source_points(self) -> NDArray[np.float64] | None:
        """Facial points in pixels of the source, ``(P, 2)``."""
        return None if self.face is None else self._to_source(self.face.points)

    @property
    def source_eyes(self) -> NDArray[np.float64] | None:
        """Centres of the eyes in pixels of the source, ``(2, 2)``."""
        return None if self.face is None else self._to_source(self.face.eyes)

    def _to_source(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return to_source(points, np.full(2, self.frame.shrinkage))


@dataclass(frozen=True, eq=False)
class Pair:
    """What a recording came to.

    Attributes:
        moments: Where onset and apex are.
        onset: The onset, cut.
        apex: The apex, cut.
        faces: Number of faces in the onset frame.
        alignment: Whose eyes aligned it: ``onset``, ``own``, or ``none``.
        clip: Gray aligned frames of the whole recording, ``(T, H, W)``, if they are kept.
    """

    moments: Moments
    onset: View
    apex: View
    faces: int
    alignment: str
    clip: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class Outcome:
    """A pair or the reason why there is none.

    Attributes:
        pair: The pair; None if the sample is left out.
        findings: What was found on the way.
        files: The files that were read.
        settled: Whether the same files give the same again.
        ends_all: Whether a policy wants the command to end here.
    """

    pair: Pair | None
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]
    settled: bool = True
    ends_all: bool = False


@dataclass(frozen=True, kw_only=True)
class SamplePreparer:
    """Makes samples of recordings.

    Args:
        detector: Finds faces and eyes.
        alignment: From eyes to crops.
        spotter: Finds onset and apex where nobody tells them.
        faces: What to do where there is not one whole face.
        size: Pixels of a crop's side.
        colour: ``gray`` or ``rgb``.
        clips: Whether the aligned frames of the whole recording are kept, too.
    """

    detector: Detector
    alignment: EyeAlignment
    spotter: Spotter
    faces: FacePolicy
    size: int
    colour: str
    clips: bool

    def __post_init__(self) -> None:
        if self.colour not in ("gray", "rgb"):
            raise InputError(f"colour: is {self.colour!r}, expected gray or rgb")
        if self.size < 8:
            raise InputError(f"size: is {self.size}, expected 8 pixels or more")

    def __call__(self, recording: Recording) -> Outcome:
        """Prepare one sample; whatever is wrong with its files is a finding."""
        remarks = Remarks(recording.sample_id)
        source = open_frames(recording)
        known = [place for place in (recording.onset, recording.apex) if place is not None]
        whole = self.clips or len(known) < 2
        pair, settled, ends_all = None, True, False
        try:
            pair = self._prepare(recording, source, remarks)
        except FrameError as error:
            remarks.add(UNREADABLE, Severity.WARNING, str(error))
            settled = False  # permissions may change while the file stays as it is
        except RefusalError as refusal:
            remarks.add(refusal.check, Severity.WARNING, str(refusal))
            settled, ends_all = refusal.settled, refusal.ends_all
        except Exception as error:  # one picture that breaks a detector must not end all
            remarks.add(UNEXPECTED, Severity.WARNING, f"{type(error).__name__}: {error}")
            settled = False
        return Outcome(
            pair,
            tuple(remarks.findings),
            tuple(source.files() if whole else source.files(known)),
            settled,
            ends_all,
        )

    def _prepare(self, recording: Recording, source: FrameSource, remarks: Remarks) -> Pair:
        moments = self._find_moments(recording, source, remarks)
        if moments.apex <= moments.onset or moments.onset < 0:
            raise RefusalError(
                POSITIONS,
                f"onset is frame {moments.onset} ({moments.onset_source}) and apex frame "
                f"{moments.apex} ({moments.apex_source}), expected the onset first: correct them "
                "with corrections=FILE",
            )
        if moments.offset is not None and moments.offset < moments.apex:
            raise RefusalError(
                POSITIONS,
                f"offset is frame {moments.offset} and apex frame {moments.apex} "
                f"({moments.apex_source}), expected the apex first: correct them with "
                "corrections=FILE",
            )
        onset, apex = self._read_pair(source, moments)
        for frame, position in ((onset, moments.onset), (apex, moments.apex)):
            for note in frame.notes:
                remarks.add(CONVERTED, Severity.NOTE, f"{source.name(position)}: {note}")
        names = source.name(moments.onset), source.name(moments.apex)
        by_onset = self.alignment.frame == "onset"
        if by_onset and (onset.size, onset.image.shape[:2]) != (apex.size, apex.image.shape[:2]):
            raise RefusalError(
                SIZES,
                f"{names[1]}: is {_size(apex)} pixels and the onset {_size(onset)}, expected one "
                "size: alignment.frame=own cuts each frame by its own eyes",
            )
        found = self.detector(onset.image)
        face = self.faces.choose(found, names[0], remarks)
        similarity = self._align(onset, face, names[0], remarks)
        others = self.detector(apex.image)
        if others or not by_onset:
            other = self.faces.choose(others, names[1], remarks, near=face)
        else:
            other = None
            remarks.add(
                NO_FACE,
                Severity.WARNING,
                f"{names[1]}: no face was found; the onset's eyes align it, and its facial points "
                "are missing",
            )
        turned = similarity if by_onset else self._align(apex, other, names[1], remarks)
        views = self._view(onset, face, similarity), self._view(apex, other, turned)
        for view, name in zip(views, names, strict=True):
            if view.crop.min() == view.crop.max():
                raise RefusalError(
                    UNIFORM, f"{name}: every pixel of its crop is {view.crop.min()}: look at it"
                )
        if np.array_equal(views[0].crop, views[1].crop):
            raise RefusalError(
                EQUAL,
                f"{names[1]}: shows what the onset {names[0]} shows, expected an expression: "
                "correct onset or apex with corrections=FILE",
            )
        clip = self._film(source, similarity, onset, remarks) if self.clips else None
        alignment = self.alignment.frame if face is not None else "none"
        return Pair(moments, *views, len(found), alignment, clip)

    def _find_moments(self, recording: Recording, source: FrameSource, remarks: Remarks) -> Moments:
        if recording.onset is not None and recording.apex is not None:
            return Moments(
                recording.onset, recording.apex, recording.offset, ANNOTATED, recording.apex_source
            )
        count = source.count()
        if recording.offset is not None:  # what comes after it is another movement
            count = min(count, recording.offset + 1)
        if count < 2:
            raise RefusalError(
                POSITIONS, f"{source.name(0)}: is the only frame, expected an onset and an apex"
            )
        if self.spotter.reads_frames:
            frames = self._film_before_spotting(source, recording.onset, remarks)[:count]
        else:
            # As long as the recording, and of no size.
            frames = np.broadcast_to(np.uint8(0), (count, 1, 1))
        try:
            spotted = self.spotter(frames, recording.onset, recording.apex)
        except InputError as error:
            raise RefusalError(POSITIONS, f"{source.name(0)} and on: {error}") from None
        return Moments(
            spotted.onset,
            spotted.apex,
            spotted.offset if recording.offset is None else recording.offset,
            self.spotter.onset_source if recording.onset is None else ANNOTATED,
            self.spotter.apex_source if recording.apex is None else recording.apex_source,
        )

    def _read_pair(self, source: FrameSource, moments: Moments) -> tuple[Frame, Frame]:
        onset, apex = source.read([moments.onset, moments.apex])
        for frame in (onset, apex):
            if isinstance(frame, FrameError):
                raise frame
        assert isinstance(onset, Frame) and isinstance(apex, Frame)
        return onset, apex

    def _align(self, frame: Frame, face: Face | None, name: str, remarks: Remarks) -> Similarity:
        height, width = frame.image.shape[:2]
        if face is None:
            return middle_square(width, height, self.size)
        if face.interocular < 2:
            raise RefusalError(NO_FACE, f"{name}: its eyes are {face.interocular:.1f} pixels apart")
        similarity = self.alignment.similarity(face.eyes, self.size)
        self.faces.check_border(similarity, self.size, (width, height), name, remarks)
        return similarity

    def _view(self, frame: Frame, face: Face | None, similarity: Similarity) -> View:
        cut = crop(frame.image, similarity, self.size)
        cut = _gray(cut) if self.colour == "gray" else _colour(cut)
        return View(cut, face, frame, similarity)

    def _film_before_spotting(
        self, source: FrameSource, onset: int | None, remarks: Remarks
    ) -> NDArray[np.uint8]:
        """All frames, aligned by the onset's eyes, or by the first's that can be read."""
        places: Sequence[int] = range(source.count()) if onset is None else [onset]
        for place, frame in zip(places, source.read(places), strict=True):
            if isinstance(frame, Frame):
                name = source.name(place)
                face = self.faces.choose(self.detector(frame.image), name, remarks)
                similarity = self._align(frame, face, name, remarks)
                return self._film(source, similarity, frame, remarks)
        raise FrameError(f"{source.name(places[0])}: neither it nor a later frame can be read")

    def _film(
        self, source: FrameSource, similarity: Similarity, model: Frame, remarks: Remarks
    ) -> NDArray[np.uint8]:
        """Cut every frame alike; one that cannot be read is filled in by the one before."""
        count = source.count()
        clip = np.zeros((count, self.size, self.size), np.uint8)
        errors: dict[int, str] = {}
        for place, frame in enumerate(source.read(range(count))):
            if isinstance(frame, FrameError):
                errors[place] = str(frame)
            elif frame.image.shape[:2] != model.image.shape[:2]:
                errors[place] = f"{source.name(place)}: is {_size(frame)}, others {_size(model)}"
            else:
                clip[place] = _gray(crop(frame.image, similarity, self.size))
        if errors:
            first = next(iter(errors.values()))
            if len(errors) > MOST_UNREADABLE * count:
                raise FrameError(f"{len(errors)} of {count} frames cannot be read; {first}")
            good = [place for place in range(count) if place not in errors]
            for place in errors:
                before = [other for other in good if other < place]
                clip[place] = clip[before[-1] if before else good[0]]
            remarks.add(
                UNREADABLE,
                Severity.WARNING,
                f"{len(errors)} of {count} frames cannot be read, and the one before stands in for "
                f"each; {first}",
            )
        return clip


def _gray(picture: Picture) -> Picture:
    if picture.ndim == 2:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _colour(picture: Picture) -> Picture:
    if picture.ndim == 3:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), np.uint8)


def _size(frame: Frame) -> str:
    return "x".join(map(str, frame.size))
