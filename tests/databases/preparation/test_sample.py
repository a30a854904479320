"""A recording becomes a sample, or is excluded with one reason."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.databases.preparation.sample import (
    AlignedPair,
    PreparedSample,
    SamplePreparer,
)
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

from ...databases.preparation.rendered_recordings import filmed, render_recordings, write_frames

Preparer = Callable[..., SamplePreparer]


@pytest.fixture
def recording(faces: Path) -> Recording:
    return render_recordings(faces, 1)[0]


def pair(outcome: PreparedSample) -> AlignedPair:
    assert outcome.pair is not None, outcome.findings
    return outcome.pair


def only_reason(outcome: PreparedSample) -> tuple[str, str]:
    assert outcome.pair is None
    (finding,) = [one for one in outcome.findings if one.severity is Severity.WARNING]
    assert finding.samples == ("r0",)
    assert finding.message.startswith("sample r0: ")
    return finding.check, finding.message


def sequence(faces: Path, frames: int = 24) -> Recording:
    paths = write_frames(faces, "long", filmed(0, frames).frames)
    return Recording(sample_id="r0", subject_id="s0", label="posed", frames=paths)


def test_a_pair_is_aligned_by_the_eyes_of_its_onset(
    recording: Recording, preparer: Preparer
) -> None:
    found = pair(preparer("size=100")(recording))
    assert found.onset.crop.shape == found.apex.crop.shape == (100, 100)
    np.testing.assert_array_equal(found.onset.similarity, found.apex.similarity)
    assert (found.alignment, found.faces) == ("onset", 1)
    truth = filmed(0)
    eyes = truth.eyes[0] @ found.onset.similarity[:, :2].T + found.onset.similarity[:, 2]
    expected = np.array([[30, 38.5], [70, 38.5]]) - 0.5
    assert np.abs(eyes - expected).max() < 0.08 * 40
    assert np.abs(found.onset.source_eyes - truth.eyes[0]).max() < 0.08 * 42


def test_each_frame_can_be_aligned_by_its_own_eyes(
    recording: Recording, preparer: Preparer
) -> None:
    found = pair(preparer("alignment.frame=own")(recording))
    assert found.alignment == "own"
    assert not np.array_equal(found.onset.similarity, found.apex.similarity)
    for view in (found.onset, found.apex):
        assert view.face is not None
        placed = view.face.eyes @ view.similarity[:, :2].T + view.similarity[:, 2]
        np.testing.assert_allclose(placed[:, 1], 0.385 * 44 - 0.5)


def test_points_are_in_pixels_of_crop_and_source(recording: Recording, preparer: Preparer) -> None:
    found = pair(preparer("detector=dlib68", "size=88")(recording)).onset
    points = found.crop_points
    assert points is not None and points.shape == (68, 2)
    np.testing.assert_array_equal(found.source_points, found.face.points)
    back = (points - found.similarity[:, 2]) @ np.linalg.inv(found.similarity[:, :2]).T
    np.testing.assert_allclose(back, found.source_points, atol=1e-6)


def test_points_of_a_shrunk_image_are_in_pixels_of_its_file(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    usual = pair(preparer()(recording))
    large = [cv2.resize(frame, None, fx=14, fy=14) for frame in filmed(0).frames]
    huge = replace(recording, frames=write_frames(faces, "huge", np.stack(large)))
    outcome = preparer()(huge)
    found = pair(outcome)
    assert found.onset.frame.size == (4480, 3360)
    apart = (found.onset.source_eyes + 0.5) / 14 - 0.5 - usual.onset.source_eyes
    assert np.abs(apart).max() < 1.5
    assert np.abs(found.onset.crop.astype(int) - usual.onset.crop).mean() < 12
    assert {finding.check for finding in outcome.findings} == {"converted image"}


def test_colour_can_be_kept(faces: Path, recording: Recording, preparer: Preparer) -> None:
    warm = [np.stack([frame // 2, frame, frame], axis=2) for frame in filmed(0).frames]
    paths = write_frames(faces, "warm", np.stack(warm))  # blue, green, red on disk
    colour = pair(preparer("colour=rgb")(replace(recording, frames=paths))).onset.crop
    assert colour.shape == (44, 44, 3)
    assert colour[..., 0].mean() > 1.8 * colour[..., 2].mean()
    gray = pair(preparer("colour=rgb")(recording)).onset.crop
    assert gray.shape == (44, 44, 3) and (gray[..., 0] == gray[..., 1]).all()


def test_the_policy_applies_to_a_frame_without_a_face(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    empty = np.random.default_rng(0).integers(0, 255, (2, 240, 320), dtype=np.uint8)
    bare = replace(recording, frames=write_frames(faces, "bare", empty))
    outcome = preparer()(bare)
    check, message = only_reason(outcome)
    assert check == "no face" and "bare-0.png" in message
    assert outcome.reusable
    with pytest.raises(InputError, match=r"^sample r0: .*png: "):
        preparer("faces.no_face=fail")(bare)
    kept = preparer("faces.no_face=keep", "size=240")(bare)
    np.testing.assert_array_equal(pair(kept).onset.crop, empty[0][:, 40:280])
    assert pair(kept).alignment == "none"
    assert pair(kept).onset.crop_points is None
    assert any(finding.check == "no face" for finding in kept.findings)


def test_the_policy_uses_the_largest_of_several_faces(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    small = [cv2.resize(frame, (256, 192)) for frame in filmed(2).frames]
    both = np.full((2, 240, 580), 128, np.uint8)
    both[:, :, 260:] = filmed(0).frames
    both[:, :192, :256] = small
    group = replace(recording, frames=write_frames(faces, "both", both))
    outcome = preparer()(group)
    found = pair(outcome)
    assert found.faces == 2
    assert np.abs(found.onset.source_eyes - filmed(0).eyes[0] - [260, 0]).max() < 4
    assert [one.check for one in outcome.findings] == ["several faces"] * 2
    assert only_reason(preparer("faces.several_faces=skip")(group))[0] == "several faces"
    with pytest.raises(InputError, match=r"^sample r0: .*png: "):
        preparer("faces.several_faces=fail")(group)


def test_the_policy_applies_to_a_face_at_the_border(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    left, right = filmed(0).eyes[0]
    edge = round(float(left[0] - 0.45 * (right[0] - left[0])))
    near = replace(recording, frames=write_frames(faces, "cut", filmed(0).frames[:, :, edge:]))
    check, message = only_reason(preparer("faces.cut_tolerance=0.05")(near))
    assert check == "face cut by the border" and "% of the crop's width" in message
    with pytest.raises(InputError, match=r"^sample r0: .*png: "):
        preparer("faces.cut_face=fail", "faces.cut_tolerance=0.05")(near)
    kept = preparer("faces.cut_face=keep", "faces.cut_tolerance=0.05")(near)
    assert pair(kept).alignment == "onset"
    assert [one.check for one in kept.findings] == ["face cut by the border"]


def test_an_apex_without_a_face_keeps_the_pair_but_no_points(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    frames = filmed(0).frames.copy()
    frames[1] = cv2.GaussianBlur(frames[1], (0, 0), 25)
    outcome = preparer()(replace(recording, frames=write_frames(faces, "blur", frames)))
    assert pair(outcome).apex.crop_points is None
    assert [one.check for one in outcome.findings] == ["no face"]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"onset": 1, "apex": 1}, "onset and apex"),
        ({"onset": 1, "apex": 0}, "onset and apex"),
        ({"onset": 0, "apex": 7}, "unreadable frame"),
        ({"onset": -1, "apex": 1}, "onset and apex"),
    ],
)
def test_invalid_positions_exclude_the_sample(
    recording: Recording, preparer: Preparer, change: dict[str, int], check: str
) -> None:
    assert only_reason(preparer()(replace(recording, **change)))[0] == check


def test_equal_and_blank_frames_exclude_the_sample(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    frames = filmed(0).frames
    twice = replace(recording, frames=write_frames(faces, "twice", frames[[0, 0]]))
    assert only_reason(preparer()(twice))[0] == "onset equals apex"
    black = replace(
        recording, frames=write_frames(faces, "black", frames * np.uint8([[[1]], [[0]]]))
    )
    outcome = preparer()(black)
    assert outcome.pair is None
    assert [one.check for one in outcome.findings] == ["no face", "blank crop"]


def test_frames_of_two_sizes_exclude_the_sample(
    faces: Path, recording: Recording, preparer: Preparer
) -> None:
    onset, apex = filmed(0).frames
    write_frames(faces, "a", onset[None])
    write_frames(faces, "b", cv2.resize(apex, (640, 480))[None])
    mixed = replace(recording, frames=[faces / "a-0.png", faces / "b-0.png"])
    assert only_reason(preparer()(mixed))[0] == "frames of two sizes"
    assert pair(preparer("alignment.frame=own")(mixed)).alignment == "own"


def test_onset_and_apex_are_spotted_if_they_are_not_annotated(
    faces: Path, preparer: Preparer
) -> None:
    long = sequence(faces)
    key_frames = pair(preparer()(long)).key_frames
    truth = filmed(0, 24)
    assert abs(key_frames.apex - truth.apex) <= 4
    assert key_frames.onset < key_frames.apex
    assert (key_frames.onset_source, key_frames.apex_source) == ("spotted", "spotted")
    annotated = pair(
        preparer()(replace(long, onset=3, apex=9, offset=20, apex_source="x"))
    ).key_frames
    assert (annotated.onset, annotated.apex, annotated.offset) == (3, 9, 20)
    assert (annotated.onset_source, annotated.apex_source) == ("annotated", "x")
    half = pair(preparer()(replace(long, onset=1))).key_frames
    assert (half.onset, half.onset_source, half.apex_source) == (1, "annotated", "spotted")


@pytest.mark.parametrize(
    ("spotting", "apex", "source"), [("first_last", 7, "last frame"), ("midpoint", 4, "midpoint")]
)
def test_spotting_by_the_number_of_frames_reads_no_other_frames(
    faces: Path, preparer: Preparer, spotting: str, apex: int, source: str
) -> None:
    long = sequence(faces, 8)
    for place in set(range(8)) - {0, apex}:
        long.frames[place].write_text("broken")
    outcome = preparer(f"spotting={spotting}")(long)
    key_frames = pair(outcome).key_frames
    assert (key_frames.onset, key_frames.apex) == (0, apex)
    assert (key_frames.onset_source, key_frames.apex_source) == ("first frame", source)
    assert outcome.findings == ()


def test_a_clip_is_the_whole_recording_aligned_by_the_onset(
    faces: Path, preparer: Preparer
) -> None:
    long = replace(sequence(faces, 8), onset=2, apex=6)
    found = pair(preparer("clips=true")(long))
    assert found.clip is not None and found.clip.shape == (8, 44, 44)
    np.testing.assert_array_equal(found.clip[2], found.onset.crop)
    np.testing.assert_array_equal(found.clip[6], found.apex.crop)


def test_an_unreadable_frame_of_a_clip_is_replaced_and_reported(
    faces: Path, preparer: Preparer
) -> None:
    long = replace(sequence(faces, 8), onset=2, apex=6)
    long.frames[0].write_bytes(b"")
    long.frames[4].unlink()
    outcome = preparer("clips=true")(long)
    clip = pair(outcome).clip
    assert clip is not None
    np.testing.assert_array_equal(clip[0], clip[1])
    np.testing.assert_array_equal(clip[4], clip[3])
    (finding,) = outcome.findings
    assert "2 of 8 frames cannot be read" in finding.message
    for place in (1, 3, 5):
        long.frames[place].unlink()
    assert only_reason(preparer("clips=true")(long))[0] == "unreadable frame"


def test_a_video_gives_the_same_sample_as_its_frames(faces: Path, preparer: Preparer) -> None:
    faces.mkdir()
    path = faces / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (320, 240))
    for frame in filmed(0, 8).frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    still = pair(preparer()(replace(sequence(faces, 8), onset=1, apex=6)))
    video = Recording(
        sample_id="v", subject_id="s", label="posed", frames=Video(path), onset=1, apex=6
    )
    outcome = preparer("clips=true")(video)
    for phase in ("onset", "apex"):
        apart = getattr(pair(outcome), phase).crop.astype(int) - getattr(still, phase).crop
        assert np.abs(apart).mean() < 6
    assert outcome.files == (path,)
    assert pair(outcome).clip.shape == (8, 44, 44)


def test_nothing_is_spotted_after_an_annotated_offset(faces: Path, preparer: Preparer) -> None:
    recording = replace(sequence(faces), onset=0, offset=10)
    found = pair(preparer("spotting=midpoint")(recording))
    assert (found.key_frames.apex, found.key_frames.offset) == (5, 10)


def test_an_offset_before_the_apex_is_refused(faces: Path, preparer: Preparer) -> None:
    recording = replace(sequence(faces), onset=0, apex=12, offset=10)
    check, message = only_reason(preparer()(recording))
    assert check == "onset and apex"
    assert "apex is frame 12 (annotated) and offset is frame 10" in message
