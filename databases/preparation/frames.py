"""The frames of a recording, be they image files or a video."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from posed_spontaneous.databases.preparation.pictures import (
    Frame,
    FrameError,
    PictureReader,
    check_file,
    describe_content,
)
from posed_spontaneous.databases.recording import Recording, Video


class FrameSource(Protocol):
    """Reads a recording's frames; positions count from 0."""

    def count(self) -> int:
        """How many there are.

        Raises:
            FrameError: If it cannot be told.
        """
        ...

    def read(self, positions: Sequence[int]) -> Iterator[Frame | FrameError]:
        """Read frames one after the other; one that cannot be had is given as its error.

        Args:
            positions: Which, in rising order, each once.
        """
        ...

    def name(self, position: int) -> str:
        """What a message calls a frame: its file, and its number if there are more in that."""
        ...

    def files(self, positions: Iterable[int] | None = None) -> list[Path]:
        """The files that hold these frames, or all."""
        ...


def open_frames(recording: Recording) -> FrameSource:
    """What reads the recording's frames."""
    if isinstance(recording.frames, Video):
        return VideoFrames(recording.frames)
    return PictureFrames(recording.frames)


class PictureFrames:
    """A file each.

    Args:
        paths: The files in the order of time.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._reader = PictureReader()

    def count(self) -> int:
        return len(self._paths)

    def read(self, positions: Sequence[int]) -> Iterator[Frame | FrameError]:
        for position in positions:
            try:
                if not 0 <= position < len(self._paths):
                    raise FrameError(
                        f"frame {position} was asked for, of {len(self._paths)} from 0: correct "
                        "onset and apex"
                    )
                yield self._reader.read(self._paths[position])
            except FrameError as error:
                yield error

    def name(self, position: int) -> str:
        return str(self._paths[position])

    def files(self, positions: Iterable[int] | None = None) -> list[Path]:
        known = range(len(self._paths))
        positions = known if positions is None else positions
        return list(dict.fromkeys(self._paths[place] for place in positions if place in known))


class VideoFrames:
    """Frames of a video, decoded from its start.

    Neither its header's count of frames nor a jump to a frame can be trusted, so frames are
    counted one by one.

    Args:
        video: Which part of which file.
    """

    def __init__(self, video: Video) -> None:
        self._video = video

    def count(self) -> int:
        first, last = self._video.first, self._video.last
        with _opened(self._video.path) as capture:
            place = _skip(capture, 0, sys.maxsize if last is None else last + 1)
        least = first if last is None else last
        if place <= least:
            raise FrameError(self._shortage(place, least))
        return place - first

    def read(self, positions: Sequence[int]) -> Iterator[Frame | FrameError]:
        try:
            with _opened(self._video.path) as capture:
                place = 0
                for position in positions:
                    wanted = self._video.first + position
                    place = _skip(capture, place, wanted)
                    image = capture.read()[1] if place == wanted else None
                    if image is None:
                        yield FrameError(self._shortage(place, wanted))
                        continue
                    place += 1
                    height, width = image.shape[:2]
                    upright = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
                    yield Frame(upright, (width, height))
        except FrameError as error:
            yield from (error for _ in positions)

    def name(self, position: int) -> str:
        return f"{self._video.path}, frame {self._video.first + position}"

    def files(self, positions: Iterable[int] | None = None) -> list[Path]:
        return [self._video.path]

    def _shortage(self, place: int, wanted: int) -> str:
        return (
            f"{self._video.path}: ends after {place} frames, expected number {wanted} from 0: "
            "replace the file or correct the positions"
        )


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    check_file(path)
    # The one backend that looks at the content: another takes img001.png for a series of files.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise FrameError(
                f"{path}: is no video that can be decoded ({describe_content(path)}): replace the "
                "file"
            )
        yield capture
    finally:
        capture.release()


def _skip(capture: cv2.VideoCapture, place: int, wanted: int) -> int:
    """Pass frames by up to a number, or to the end; the number that was reached."""
    while place < wanted and capture.grab():
        place += 1
    return place
