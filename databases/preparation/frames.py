"""Reads the frames of a recording from image files or from a video."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from posed_spontaneous.databases.preparation.images import (
    DecodedFrame,
    FrameError,
    ImageReader,
    check_file,
    describe_content,
)
from posed_spontaneous.databases.recording import Recording, Video


class ImageFrames:
    """Reads frames from image files; positions count from 0.

    Args:
        paths: One file per frame, in temporal order.
        white_level: See ``ImageReader``.
    """

    def __init__(self, paths: Sequence[Path], white_level: float | None = None) -> None:
        self._paths = paths
        self._reader = ImageReader(white_level)

    def count(self) -> int:
        """Number of frames."""
        return len(self._paths)

    def read(self, positions: Sequence[int]) -> Iterator[DecodedFrame | FrameError]:
        """Read frames in order; a frame that cannot be read is returned as its error.

        Args:
            positions: Positions in increasing order.
        """
        for position in positions:
            try:
                if not 0 <= position < len(self._paths):
                    raise FrameError(
                        f"frame {position} does not exist, expected 0 to {len(self._paths) - 1}: "
                        "correct onset and apex"
                    )
                yield self._reader.read(self._paths[position])
            except FrameError as error:
                yield error

    def name(self, position: int) -> str:
        """Name of a frame in messages."""
        return str(self._paths[position])

    def files(self, positions: Iterable[int] | None = None) -> list[Path]:
        """The files that contain these frames, or all frames."""
        valid = range(len(self._paths))
        chosen = valid if positions is None else positions
        return list(dict.fromkeys(self._paths[place] for place in chosen if place in valid))


class VideoFrames:
    """Reads frames from a video, with the methods of ``ImageFrames``.

    The number of frames in a header and seeking to a frame are unreliable, so frames are decoded
    and counted from the start of the file.

    Args:
        video: The file and the part of it.
    """

    def __init__(self, video: Video) -> None:
        self._video = video

    def count(self) -> int:
        """Count the frames.

        Raises:
            FrameError: If the video cannot be decoded or is too short.
        """
        first, last = self._video.first, self._video.last
        with _opened(self._video.path) as capture:
            place = _skip(capture, 0, sys.maxsize if last is None else last + 1)
        required = first if last is None else last
        if place <= required:
            raise self._too_short(place, required)
        return place - first

    def read(self, positions: Sequence[int]) -> Iterator[DecodedFrame | FrameError]:
        try:
            with _opened(self._video.path) as capture:
                place = 0
                for position in positions:
                    number = self._video.first + position
                    place = _skip(capture, place, number)
                    image = capture.read()[1] if place == number else None
                    if image is None:
                        yield self._too_short(place, number)
                        continue
                    place += 1
                    height, width = image.shape[:2]
                    pixels = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
                    yield DecodedFrame(pixels, (width, height))
        except FrameError as error:
            yield from (error for _ in positions)

    def name(self, position: int) -> str:
        return f"{self._video.path}, frame {self._video.first + position}"

    def files(self, positions: Iterable[int] | None = None) -> list[Path]:
        return [self._video.path]

    def _too_short(self, count: int, number: int) -> FrameError:
        return FrameError(
            f"{self._video.path}: has {count} frames, expected frame {number} (counted from 0): "
            "replace the file or correct the positions"
        )


FrameSource = ImageFrames | VideoFrames


def open_frames(recording: Recording, white_level: float | None = None) -> FrameSource:
    """Return the source of a recording's frames; for ``white_level`` see ``ImageReader``."""
    frames = recording.frames
    if isinstance(frames, Video):
        return VideoFrames(frames)
    return ImageFrames(frames, white_level)


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    check_file(path)
    # The backend that looks at the content: another one reads img001.png as an image sequence.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise FrameError(
                f"{path}: cannot be decoded as a video ({describe_content(path)}): replace the file"
            )
        yield capture
    finally:
        capture.release()


def _skip(capture: cv2.VideoCapture, place: int, number: int) -> int:
    """Skip frames until a frame number or the end, and return the number reached."""
    while place < number and capture.grab():
        place += 1
    return place
