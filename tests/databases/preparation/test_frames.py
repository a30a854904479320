"""Frames by position, from image files and from videos."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from posed_spontaneous.databases.preparation.frames import open_frames
from posed_spontaneous.databases.preparation.images import DecodedFrame, FrameError
from posed_spontaneous.databases.recording import Recording, Video


def shade(number: int) -> int:
    return 10 + 12 * number


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Twenty frames, each of its own gray."""
    writer = cv2.VideoWriter(
        str(path := tmp_path / "a b.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48)
    )
    for number in range(20):
        writer.write(np.full((48, 64, 3), shade(number), np.uint8))
    writer.release()
    return path


def recording(frames: list[Path] | Video) -> Recording:
    return Recording(sample_id="a", subject_id="s", label="posed", frames=frames)


def shades(read: object) -> list[int | None]:
    return [
        round((float(frame.image.mean()) - 10) / 12) if isinstance(frame, DecodedFrame) else None
        for frame in read
    ]


def test_frames_of_a_video_are_read_by_position(video: Path) -> None:
    source = open_frames(recording(Video(video)))
    assert source.count() == 20
    assert shades(source.read([0, 1, 7, 19])) == [0, 1, 7, 19]
    frame = next(iter(source.read([3])))
    assert isinstance(frame, DecodedFrame)
    assert (frame.size, frame.image.shape) == ((64, 48), (48, 64, 3))


def test_positions_in_a_part_of_a_video_count_from_its_start(video: Path) -> None:
    source = open_frames(recording(Video(video, 5, 9)))
    assert source.count() == 5
    assert shades(source.read([0, 4])) == [5, 9]


def test_colours_keep_their_order(tmp_path: Path) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 2] = 255
    path = tmp_path / "red.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
    writer.write(red)
    writer.release()
    frame = next(iter(open_frames(recording(Video(path))).read([0])))
    assert isinstance(frame, DecodedFrame)
    assert frame.image.mean(axis=(0, 1)).argmax() == 0


def test_a_frame_beyond_the_end_is_an_error(video: Path) -> None:
    errors = list(open_frames(recording(Video(video, 5))).read([3, 30, 40]))
    assert isinstance(errors[0], DecodedFrame)
    assert all(isinstance(error, FrameError) for error in errors[1:])
    assert "has 20 frames, expected frame 35 (counted from 0)" in str(errors[1])


def test_a_part_beyond_the_end_of_a_video_is_an_error(video: Path) -> None:
    with pytest.raises(FrameError, match="has 20 frames, expected frame 25"):
        open_frames(recording(Video(video, 3, 25))).count()
    with pytest.raises(FrameError, match="expected frame 20"):
        open_frames(recording(Video(video, 20))).count()


def test_the_frames_of_a_truncated_video_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "noise.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (128, 96))
    rng = np.random.default_rng(0)
    for _ in range(20):
        writer.write(rng.integers(0, 256, (96, 128, 3), dtype=np.uint8))
    writer.release()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) >= 20  # its header is wrong
    source = open_frames(recording(Video(path)))
    count = source.count()
    assert 5 < count < 15
    read = list(source.read([0, count - 1, count, 19]))
    assert [isinstance(frame, DecodedFrame) for frame in read] == [True, True, False, False]


@pytest.mark.parametrize("content", [b"", b"no video", bytes(4000)])
def test_a_file_that_is_no_video_is_an_error_for_each_frame(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    source = open_frames(recording(Video(path)))
    with pytest.raises(FrameError, match=r"a\.mp4: (is empty|cannot be decoded as a video)"):
        source.count()
    errors = list(source.read([0, 1]))
    assert [str(error).startswith(str(path)) for error in errors] == [True, True]


def test_an_image_is_not_read_as_an_image_sequence(tmp_path: Path) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"img{number:03d}.png"), np.full((48, 64), 99, np.uint8))
    source = open_frames(recording(Video(tmp_path / "img%03d.png")))
    with pytest.raises(FrameError, match="no such file"):
        source.count()


def test_files_are_read_by_position_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((4, 4), shade(number), np.uint8))
    paths[2].unlink()
    source = open_frames(recording(paths))
    assert source.count() == 4
    read = list(source.read([1, 2, 3, 9]))
    assert shades(read) == [1, None, 3, None]
    assert "2.png: no such file" in str(read[1])
    assert "frame 9 does not exist, expected 0 to 3" in str(read[3])
    assert source.files([1, 9]) == [paths[1]]
