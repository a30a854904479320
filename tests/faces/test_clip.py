"""Clips start with the onset image, end with the apex image, and do not change the pairs."""

import csv
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from posed_spontaneous.faces import generate_faces
from posed_spontaneous.faces.capture import interpolate, sample_conditions, sample_studio
from posed_spontaneous.faces.dynamics import Rise
from posed_spontaneous.faces.generated_pair import GeneratedPair, Recipe, Scene, generate_pairs
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import sample_subject
from posed_spontaneous.runtime.errors import InputError

SMALL = {"subjects": 1, "strength": 3.0, "nuisance": 0.35, "seed": 0, "size": 44, "workers": 1}


def read(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def first(pack: HeadPack, count: int, nuisance: float, clip_frames: int) -> list[GeneratedPair]:
    recipe = Recipe(1, 3.0, nuisance, 0, 44, (6, 6), clip_frames)
    return list(itertools.islice(generate_pairs(pack, recipe, 0), count))


def test_clips_are_written_next_to_unchanged_pairs(cache: Path) -> None:
    pairs = {"posed": 1, "spontaneous": 2}
    plain = generate_faces(cache=cache, **SMALL, pairs=pairs)
    with_clips = generate_faces(cache=cache, **SMALL, pairs=pairs, clip_frames=3)

    for path in (path.relative_to(plain.parent) for path in plain.parent.rglob("*.*")):
        if path.name != plain.name:
            assert (plain.parent / path).read_bytes() == (with_clips.parent / path).read_bytes()
    rows = read(with_clips)
    assert read(plain) == [
        {column: cell for column, cell in row.items() if column != "clip_path"} for row in rows
    ]
    for row in rows:
        frames = np.load(with_clips.parent / row["clip_path"])["frames"]
        assert frames.shape == (3, 44, 44)
        assert frames.dtype == np.uint8
        for frame, column in ((frames[0], "onset_path"), (frames[-1], "apex_path")):
            assert np.array_equal(frame, cv2.imread(str(with_clips.parent / row[column]), 0))


@pytest.mark.parametrize("count", [-2, 1])
def test_a_clip_of_fewer_than_two_frames_is_an_error(count: int, cache: Path) -> None:
    with pytest.raises(InputError, match="clip_frames"):
        generate_faces(cache=cache, **SMALL, clip_frames=count)


def test_another_number_of_frames_is_written_to_another_folder(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "posed_spontaneous.faces.generator._fill", lambda folder, recipe, workers: None
    )
    manifests = [generate_faces(cache=cache, **SMALL, clip_frames=count) for count in (0, 7, 8)]
    for manifest in manifests:
        manifest.parent.rmdir()

    assert len(set(manifests)) == 3


def test_clips_use_no_random_numbers_of_the_pairs(pack: HeadPack) -> None:
    for plain, with_clips in zip(first(pack, 3, 0.35, 0), first(pack, 3, 0.35, 2), strict=True):
        assert plain.clip is None
        assert np.array_equal(with_clips.clip, [plain.onset, plain.apex])
        assert np.array_equal(with_clips.landmarks, plain.landmarks)
        assert with_clips.cues == plain.cues


def test_the_difference_from_the_onset_never_decreases_in_a_clip(pack: HeadPack) -> None:
    for sample in first(pack, 4, 0.0, 8):
        change = np.abs(sample.clip.astype(int) - sample.onset).mean(axis=(1, 2))
        # The grain alone causes a mean difference of 1.2 +- 0.03.
        assert (np.diff(change) > -0.1).all()
        assert change[-1] > change[1] + 1


def test_each_frame_has_its_own_grain_and_a_fast_rise_is_visible(pack: HeadPack) -> None:
    rng = np.random.default_rng(0)
    subject = sample_subject(rng, pack, 0)
    studio = sample_studio(rng, subject.skin)
    onset, apex = (sample_conditions(rng, studio, 0.0) for _ in range(2))
    scene = Scene(pack, subject, onset, apex, lambda share: {"expression/jawOpen": share}, 44)
    ends = [scene.render_frame(rng, frame, at)[0] for frame, at in ((onset, 0.0), (apex, 1.0))]
    slow, fast = (
        scene.render_clip(rng, Rise(speed, -9.0, 0.5, 0.0), *ends, 8).astype(int)
        for speed in (-9, 9)
    )

    steps = [np.abs(np.diff(clip, axis=0)).mean(axis=(1, 2)) for clip in (slow, fast)]
    assert steps[1].max() > steps[0].max() + 1
    assert not np.array_equal(fast[1], fast[0])


def test_recording_conditions_are_interpolated_between_onset_and_apex(pack: HeadPack) -> None:
    rng = np.random.default_rng(0)
    studio = sample_studio(rng, sample_subject(rng, pack, 0).skin)
    onset, apex = (sample_conditions(rng, studio, 1.0) for _ in range(2))
    start, half, end = (interpolate(onset, apex, share) for share in (0.0, 0.5, 1.0))

    for frame, expected in ((start, onset), (end, apex)):
        assert frame.camera == pytest.approx(expected.camera)
        assert frame.light.direction == pytest.approx(expected.light.direction)
        assert frame.units == pytest.approx(expected.units)
        assert frame.shift == pytest.approx(expected.shift)
    assert half.camera.yaw == pytest.approx((onset.camera.yaw + apex.camera.yaw) / 2)
    assert np.linalg.norm(half.light.direction) == pytest.approx(1)
