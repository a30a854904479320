"""From one recording to one sample: an aligned pair of onset and apex."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.preparation.alignment import (
    EyeAlignment,
    Similarity,
    crop,
    middle_square,
    overhang,
    transform,
)
from posed_spontaneous.databases.preparation.detectors import Detector, Face
from posed_spontaneous.databases.preparation.detectors.detector import to_source
from posed_spontaneous.databases.preparation.face_policy import NO_FACE, FacePolicy
from posed_spontaneous.databases.preparation.frames import open_frames
from posed_spontaneous.databases.preparation.images import DecodedFrame, FrameError, Pixels
from posed_spontaneous.databases.preparation.sample_findings import (
    ExclusionError,
    SampleFindings,
    printable,
)
from posed_spontaneous.databases.preparation.spotting import Spotter
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

UNREADABLE, POSITIONS, UNIFORM = "unreadable frame", "onset and apex", "blank crop"
EQUAL, SIZES, CONVERTED = "onset equals apex", "frames of two sizes", "converted image"
UNEXPECTED = "unexpected error"
MAX_UNREADABLE = 0.5
"""Largest fraction of a recording's frames that may be unreadable."""


@dataclass(frozen=True)
class KeyFrames:
    """Positions in a recording, counted from 0, and where onset and apex come from."""

    onset: int
    apex: int
    offset: int | None
    onset_source: str
    apex_source: str


@dataclass(frozen=True, eq=False)
class AlignedFrame:
    """One frame of a pair and its crop.

    Attributes:
        crop: The aligned square.
        face: The face; None if none was found.
        frame: The frame.
        similarity: From pixels of the frame to pixels of the crop.
    """

    crop: Pixels
    face: Face | None
    frame: DecodedFrame
    similarity: Similarity

    @property
    def crop_points(self) -> NDArray[np.float64] | None:
        """Facial points in pixels of the crop, ``(P, 2)``."""
        return None if self.face is None else transform(self.similarity, self.face.points)

    @property
    def source_points(self) -> NDArray[np.float64] | None:
        """Facial points in pixels of the source, ``(P, 2)``."""
        return None if self.face is None else to_source(self.face.points, self.frame.shrinkage)

    @property
    def source_eyes(self) -> NDArray[np.float64] | None:
        """Centres of the eyes in pixels of the source, ``(2, 2)``."""
        return None if self.face is None else to_source(self.face.eyes, self.frame.shrinkage)


@dataclass(frozen=True, eq=False)
class AlignedPair:
    """The onset and the apex of a recording.

    Attributes:
        key_frames: Positions of the frames.
        onset: The aligned onset.
        apex: The aligned apex.
        faces: Number of faces in the onset frame.
        alignment: ``onset`` if the eyes of the onset align both frames, ``own`` if each frame is
            aligned by its own eyes, ``none`` if no face was found.
        clip: Gray aligned frames of the whole recording, ``(T, H, W)``, if they are kept.
    """

    key_frames: KeyFrames
    onset: AlignedFrame
    apex: AlignedFrame
    faces: int
    alignment: str
    clip: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class PreparedSample:
    """A pair, or the reasons why the sample is excluded.

    Attributes:
        pair: The pair; None if the sample is excluded.
        findings: Everything that was found.
        files: The files that were read.
        reusable: Whether the result stays the same as long as these files do.
    """

    pair: AlignedPair | None
    findings: tuple[Finding, ...]
    files: tuple[Path, ...]
    reusable: bool = True


@dataclass(frozen=True, kw_only=True)
class SamplePreparer:
    """Prepares samples from recordings.

    Args:
        detector: Finds faces and eyes.
        alignment: From eyes to crops.
        spotter: Finds onset and apex where they are not annotated.
        faces: What to do with a frame that does not show exactly one whole face.
        size: Side of a crop in pixels, 8 or more.
        colour: ``gray`` or ``rgb``.
        clips: Whether the aligned frames of the whole recording are kept as well.
        white_level: Value of white in images of more than 8 bits; None refuses such images.

    Raises:
        InputError: If an argument is out of range.
    """

    detector: Detector
    alignment: EyeAlignment
    spotter: Spotter
    faces: FacePolicy
    size: int
    colour: str
    clips: bool
    white_level: float | None = None

    def __post_init__(self) -> None:
        if self.colour not in ("gray", "rgb"):
            raise InputError(f"colour: is {self.colour!r}, expected gray or rgb")
        if self.size < 8:
            raise InputError(f"size: is {self.size}, expected 8 pixels or more")
        if self.white_level is not None and not 0 < self.white_level < 2**16:
            raise InputError(f"white_level: is {self.white_level}, expected 1 to 65535, or null")

    def __call__(self, recording: Recording) -> PreparedSample:
        """Prepare one sample; problems with its files are findings.

        Raises:
            InputError: If a policy is ``fail``.
        """
        return _Preparation(self, recording).run()


class _Preparation:
    """The preparation of one sample."""

    def __init__(self, options: SamplePreparer, recording: Recording) -> None:
        self.options = options
        self.recording = recording
        self.source = open_frames(recording, options.white_level)
        self.findings = SampleFindings(recording.sample_id)

    def run(self) -> PreparedSample:
        pair, reusable = None, True
        try:
            pair = self._align_pair()
        except InputError as error:
            message = f"sample {self.recording.sample_id}: {error}"
            raise InputError(printable(message)) from None
        except ExclusionError as error:
            self.findings.warn(error.check, str(error))
        except FrameError as error:
            self.findings.warn(UNREADABLE, str(error))
            reusable = False  # permissions may change while the file stays the same
        except Exception as error:  # one image that breaks a detector must not end the command
            self.findings.warn(UNEXPECTED, f"{type(error).__name__}: {error}")
            reusable = False
        annotated = [self.recording.onset, self.recording.apex]
        positions = [position for position in annotated if position is not None]
        reads_all = self.options.clips or len(positions) < 2
        files = self.source.files(None if reads_all else positions)
        return PreparedSample(pair, tuple(self.findings.findings), tuple(files), reusable)

    def _align_pair(self) -> AlignedPair:
        key_frames = self._find_key_frames()
        onset, apex = self._read_pair(key_frames)
        names = self.source.name(key_frames.onset), self.source.name(key_frames.apex)
        for frame, name in zip((onset, apex), names, strict=True):
            for note in frame.notes:
                self.findings.note(CONVERTED, f"{name}: {note}")
        detect, faces = self.options.detector, self.options.faces
        by_onset = self.options.alignment.frame == "onset"
        if by_onset and (onset.size, onset.image.shape[:2]) != (apex.size, apex.image.shape[:2]):
            raise ExclusionError(
                SIZES,
                f"{names[1]}: is {_size(apex)} pixels and the onset {_size(onset)}, expected the "
                "same size: alignment.frame=own aligns each frame by its own eyes",
            )
        onset_faces = detect(onset.image)
        onset_face = faces.choose(onset_faces, names[0], self.findings)
        similarity = self._find_similarity(onset, onset_face, names[0])
        apex_faces, apex_face = detect(apex.image), None
        if apex_faces or not by_onset:
            apex_face = faces.choose(apex_faces, names[1], self.findings, near=onset_face)
        else:
            self.findings.warn(
                NO_FACE,
                f"{names[1]}: no face was found: it is aligned by the onset's eyes and has no "
                "facial points",
            )
        own = similarity if by_onset else self._find_similarity(apex, apex_face, names[1])
        frames = self._cut(onset, onset_face, similarity), self._cut(apex, apex_face, own)
        for aligned, name in zip(frames, names, strict=True):
            if aligned.crop.min() == aligned.crop.max():
                raise ExclusionError(
                    UNIFORM, f"{name}: every pixel of its crop is {aligned.crop.min()}: look at it"
                )
        if np.array_equal(frames[0].crop, frames[1].crop):
            raise ExclusionError(
                EQUAL,
                f"{names[1]}: equals the onset {names[0]}, expected an expression: correct onset "
                "or apex with corrections=FILE",
            )
        clip = self._cut_all(similarity, onset) if self.options.clips else None
        alignment = "none" if onset_face is None else self.options.alignment.frame
        return AlignedPair(key_frames, *frames, len(onset_faces), alignment, clip)

    def _find_key_frames(self) -> KeyFrames:
        found = self._annotated_or_spotted()
        onset = f"onset is frame {found.onset} ({found.onset_source})"
        apex = f"apex is frame {found.apex} ({found.apex_source})"
        if found.apex <= found.onset or found.onset < 0:
            problem = f"{onset} and {apex}, expected the onset first"
        elif found.offset is not None and found.offset < found.apex:
            problem = f"{apex} and offset is frame {found.offset}, expected the apex first"
        else:
            return found
        raise ExclusionError(POSITIONS, f"{problem}: correct them with corrections=FILE")

    def _annotated_or_spotted(self) -> KeyFrames:
        given, spotter = self.recording, self.options.spotter
        if given.onset is not None and given.apex is not None:
            return KeyFrames(
                given.onset, given.apex, given.offset, given.onset_source, given.apex_source
            )
        count = self.source.count()
        if given.offset is not None:  # frames after the offset show another movement
            count = min(count, given.offset + 1)
        first = self.source.name(0)
        if count < 2:
            raise ExclusionError(
                POSITIONS, f"{first}: is the only frame, expected an onset and an apex"
            )
        if spotter.reads_frames:
            frames = self._align_all()[:count]
        else:
            frames = np.broadcast_to(np.uint8(0), (count, 1, 1))
        try:
            spotted = spotter(frames, given.onset, given.apex)
        except InputError as error:
            raise ExclusionError(POSITIONS, f"{first} and later: {error}") from None
        return KeyFrames(
            spotted.onset,
            spotted.apex,
            spotted.offset if given.offset is None else given.offset,
            spotter.onset_source if given.onset is None else given.onset_source,
            spotter.apex_source if given.apex is None else given.apex_source,
        )

    def _read_pair(self, key_frames: KeyFrames) -> tuple[DecodedFrame, DecodedFrame]:
        onset, apex = self.source.read([key_frames.onset, key_frames.apex])
        for frame in (onset, apex):
            if isinstance(frame, FrameError):
                raise frame
        assert isinstance(onset, DecodedFrame) and isinstance(apex, DecodedFrame)
        return onset, apex

    def _find_similarity(self, frame: DecodedFrame, face: Face | None, name: str) -> Similarity:
        options = self.options
        height, width = frame.image.shape[:2]
        if face is None:
            return middle_square(width, height, options.size)
        if face.interocular < 2:
            raise ExclusionError(
                NO_FACE, f"{name}: its eyes are {face.interocular:.1f} pixels apart, expected 2"
            )
        similarity = options.alignment.similarity(face.eyes, options.size)
        beyond = overhang(similarity, options.size, width, height)
        options.faces.check_border(beyond, name, self.findings)
        return similarity

    def _cut(self, frame: DecodedFrame, face: Face | None, similarity: Similarity) -> AlignedFrame:
        cut = crop(frame.image, similarity, self.options.size)
        if self.options.colour == "gray":
            cut = _to_gray(cut)
        elif cut.ndim == 2:
            cut = np.asarray(cv2.cvtColor(cut, cv2.COLOR_GRAY2RGB), np.uint8)
        return AlignedFrame(cut, face, frame, similarity)

    def _align_all(self) -> NDArray[np.uint8]:
        """Align all frames by the eyes of the onset, or of the first readable frame."""
        onset = self.recording.onset
        places: Sequence[int] = range(self.source.count()) if onset is None else [onset]
        for place, frame in zip(places, self.source.read(places), strict=True):
            if isinstance(frame, DecodedFrame):
                name, faces = self.source.name(place), self.options.detector(frame.image)
                face = self.options.faces.choose(faces, name, self.findings)
                return self._cut_all(self._find_similarity(frame, face, name), frame)
        name = self.source.name(places[0])
        raise FrameError(f"{name}: neither it nor a later frame can be read")

    def _cut_all(self, similarity: Similarity, reference: DecodedFrame) -> NDArray[np.uint8]:
        """Cut all frames with one transform; the frame before replaces an unreadable one."""
        count, size = self.source.count(), self.options.size
        clip = np.zeros((count, size, size), np.uint8)
        errors: dict[int, str] = {}
        for place, frame in enumerate(self.source.read(range(count))):
            if isinstance(frame, FrameError):
                errors[place] = str(frame)
            elif frame.image.shape[:2] != reference.image.shape[:2]:
                name = self.source.name(place)
                errors[place] = f"{name}: is {_size(frame)}, others {_size(reference)}"
            else:
                clip[place] = _to_gray(crop(frame.image, similarity, size))
        if errors:
            first = next(iter(errors.values()))
            if len(errors) > MAX_UNREADABLE * count:
                raise FrameError(f"{len(errors)} of {count} frames cannot be read; {first}")
            readable = [place for place in range(count) if place not in errors]
            for place in errors:
                before = [other for other in readable if other < place]
                clip[place] = clip[before[-1] if before else readable[0]]
            self.findings.warn(
                UNREADABLE,
                f"{len(errors)} of {count} frames cannot be read, and each is replaced by the one "
                f"before; {first}",
            )
        return clip


def _to_gray(image: Pixels) -> Pixels:
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _size(frame: DecodedFrame) -> str:
    return "x".join(map(str, frame.size))
