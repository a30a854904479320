"""Spotters keep given positions and find those of rendered recordings."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from hydra.utils import instantiate
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from posed_spontaneous.databases.preparation.spotting import (
    FirstLast,
    Midpoint,
    OpticalStrain,
    Spotted,
    Spotter,
)
from posed_spontaneous.faces.expression import EMOTIONS
from posed_spontaneous.runtime.errors import InputError

from ...rendered import RenderedRecording, render_recording

SIZE = 44
COUNT = 32
LAYOUTS = (
    {"onset": 3, "apex": 11},
    {"onset": 12, "apex": 24, "offset": 31},
    {"onset": 4, "apex": 12, "hold": 8},
    {"onset": 14, "apex": 31},  # cut at the apex
)


class Filmed(NamedTuple):
    """A recording with its crops, aligned by the first frame's eyes."""

    recording: RenderedRecording
    crops: np.ndarray


def align(recording: RenderedRecording) -> np.ndarray:
    left, right = (complex(*eye) for eye in recording.eyes[0].astype(float))
    turn = 0.4 * SIZE / (right - left)
    shift = complex(0.5, 0.385) * SIZE - turn * (left + right) / 2
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    return np.stack([cv2.warpAffine(frame, matrix, (SIZE, SIZE)) for frame in recording.frames])


@pytest.fixture(scope="module")
def filmed() -> list[Filmed]:
    recordings = [
        render_recording(
            number,
            list(EMOTIONS)[number % 6],
            ("posed", "spontaneous")[number // 2 % 2],
            frames=COUNT,
            size=(160, 200),
            interocular=26,
            **LAYOUTS[number % 4],
        )
        for number in range(8)
    ]
    return [Filmed(recording, align(recording)) for recording in recordings]


def spot_all(filmed: list[Filmed], spotter: Spotter) -> list[Spotted]:
    return [spotter(crops, None, None) for _, crops in filmed]


def apex_errors(filmed: list[Filmed], spotter: Spotter) -> np.ndarray:
    """Frames from each apex to the nearest frame at, or all but at, the height."""
    return np.array(
        [
            np.abs(np.flatnonzero(one.recording.intensity >= 0.95) - spotted.apex).min()
            for one, spotted in zip(filmed, spot_all(filmed, spotter), strict=True)
        ]
    )


def test_the_apex_is_found_where_the_face_is_most_deformed(filmed: list[Filmed]) -> None:
    errors = apex_errors(filmed, OpticalStrain())
    assert np.median(errors) == 0
    assert np.quantile(errors, 0.9) <= 3
    for convention in (Midpoint(), FirstLast()):
        assert errors.mean() < apex_errors(filmed, convention).mean() / 4


def test_the_face_is_at_rest_at_onset_and_offset(filmed: list[Filmed]) -> None:
    spotted = spot_all(filmed, OpticalStrain())
    at_onset = [one.recording.intensity[at.onset] for one, at in zip(filmed, spotted, strict=True)]
    assert np.median(at_onset) < 0.05
    assert np.quantile(at_onset, 0.9) < 0.2
    at_offset = [
        one.recording.intensity[at.offset]
        for one, at in zip(filmed, spotted, strict=True)
        if at.offset is not None
    ]
    assert len(at_offset) >= 5
    assert np.median(at_offset) < 0.2


def test_the_onset_is_nearer_to_the_true_one_than_the_first_frame_is(filmed: list[Filmed]) -> None:
    true = np.array([recording.onset for recording, _ in filmed])
    found = np.array([spotted.onset for spotted in spot_all(filmed, OpticalStrain())])
    assert np.abs(found - true).mean() < 0.6 * true.mean()


def test_a_recording_that_ends_near_its_apex_has_no_offset(filmed: list[Filmed]) -> None:
    for recording, crops in filmed:
        fallen = np.flatnonzero(recording.intensity[recording.apex :] < 0.8)
        end = recording.apex + fallen[0] if len(fallen) else COUNT
        assert OpticalStrain()(crops[:end], None, None).offset is None


def test_fading_and_flickering_light_does_not_move_the_apex(filmed: list[Filmed]) -> None:
    rng = np.random.default_rng(0)
    disturbed = []
    for recording, crops in filmed:
        gain = np.linspace(1, 0.6, COUNT)[:, None, None]
        gain = gain * np.exp(0.1 * rng.standard_normal((COUNT, 1, 1)))
        shade = 8 * rng.standard_normal((COUNT, 1, 1))
        grain = 3 * rng.standard_normal(crops.shape)
        flickering = np.clip(crops * gain + shade + grain, 0, 255).astype(np.uint8)
        disturbed.append(Filmed(recording, flickering))
    errors = apex_errors(disturbed, OpticalStrain())
    assert np.median(errors) <= 1
    assert np.quantile(errors, 0.9) <= 4


def test_shift_and_rotation_of_the_head_do_not_move_the_apex(filmed: list[Filmed]) -> None:
    moved = []
    for recording, crops in filmed:
        drifting = []
        for place, crop in enumerate(crops):
            matrix = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), 4 * place / COUNT, 1)
            matrix[:, 2] += 2.0 * place / COUNT
            border = cv2.BORDER_REPLICATE
            drifting.append(cv2.warpAffine(crop, matrix, (SIZE, SIZE), borderMode=border))
        moved.append(Filmed(recording, np.stack(drifting)))
    errors = apex_errors(moved, OpticalStrain())
    assert np.median(errors) <= 1
    assert errors.mean() < apex_errors(moved, Midpoint()).mean() / 2


def test_two_damaged_frames_are_not_the_apex(filmed: list[Filmed]) -> None:
    for _, crops in filmed:
        damaged = crops.copy()
        damaged[1:3] = crops[0, ::-1]
        undisturbed = OpticalStrain()(crops, None, None)
        assert abs(OpticalStrain()(damaged, None, None).apex - undisturbed.apex) <= 1


def test_larger_crops_give_the_same_apex(filmed: list[Filmed]) -> None:
    for _, crops in filmed[:4]:
        large = np.stack([cv2.resize(crop, (96, 96)) for crop in crops])
        apex = OpticalStrain()(crops, None, None).apex
        assert abs(OpticalStrain()(large, None, None).apex - apex) <= 2


def test_the_apex_is_searched_after_a_given_onset(filmed: list[Filmed]) -> None:
    recording, crops = filmed[0]
    after = recording.apex + 4
    spotted = OpticalStrain()(crops, after, None)
    assert spotted.onset == after < spotted.apex


def test_the_onset_is_searched_before_a_given_apex(filmed: list[Filmed]) -> None:
    errors = []
    for recording, crops in filmed:
        spotted = OpticalStrain()(crops, None, recording.apex)
        assert spotted.apex == recording.apex
        errors.append(recording.intensity[spotted.onset])
    assert np.median(errors) < 0.05


@pytest.mark.parametrize(
    ("spotter", "count", "onset", "apex", "expected"),
    [
        (FirstLast(), 10, None, None, (0, 9, None)),
        (FirstLast(), 10, 3, None, (3, 9, None)),
        (FirstLast(), 10, None, 4, (0, 4, None)),
        (Midpoint(), 10, None, None, (0, 5, 9)),
        (Midpoint(), 11, None, None, (0, 5, 10)),
        (Midpoint(), 10, 4, None, (4, 7, 9)),
        (Midpoint(), 10, None, 8, (0, 8, 9)),
        (Midpoint(), 2, None, None, (0, 1, None)),
    ],
)
def test_conventions_match_values_computed_by_hand(
    spotter: Spotter, count: int, onset: int | None, apex: int | None, expected: Spotted
) -> None:
    assert not spotter.reads_frames
    assert spotter(np.broadcast_to(np.uint8(0), (count, 1, 1)), onset, apex) == expected


POSITIONS = st.none() | st.integers(-2, 14)


@given(
    st.sampled_from([FirstLast(), Midpoint(), OpticalStrain()]),
    st.integers(0, 12),
    POSITIONS,
    POSITIONS,
    st.integers(0, 5),
)
def test_positions_are_in_order_or_refused(
    spotter: Spotter, count: int, onset: int | None, apex: int | None, seed: int
) -> None:
    frames = np.random.default_rng(seed).integers(0, 256, (count, 16, 16), dtype=np.uint8)
    first, last = 0 if onset is None else onset, count - 1 if apex is None else apex
    if not 0 <= first < last < count:
        with pytest.raises(InputError, match="expected"):
            spotter(frames, onset, apex)
        return
    spotted = spotter(frames, onset, apex)
    assert 0 <= spotted.onset < spotted.apex < count
    assert spotted.offset is None or spotted.apex < spotted.offset < count
    assert onset in (None, spotted.onset)
    assert apex in (None, spotted.apex)


def test_an_invalid_annotation_is_refused() -> None:
    frames = np.zeros((6, 1, 1), np.uint8)
    for onset, apex, message in (
        (3, 2, "onset is frame 3 and apex frame 2, expected"),
        (5, None, "onset is frame 5 of 6, counted from 0, expected 0 to 4"),
        (None, 6, "apex is frame 6 of 6, counted from 0, expected 1 to 5"),
    ):
        with pytest.raises(InputError, match=message):
            FirstLast()(frames, onset, apex)


@pytest.mark.parametrize("gray", [0, 7, 255])
def test_a_repeated_image_has_no_apex(gray: int) -> None:
    image = np.random.default_rng(0).integers(0, 8, (SIZE, SIZE)) * 32
    for still in (image.astype(np.uint8), np.full((SIZE, SIZE), gray, np.uint8)):
        with pytest.raises(InputError, match="all 9 frames are equal"):
            OpticalStrain()(np.stack([still] * 9), None, None)


@pytest.mark.parametrize(
    ("choice", "source"),
    [("motion", "spotted"), ("midpoint", "midpoint"), ("first_last", "last frame")],
)
def test_every_option_names_the_source_of_its_apex(choice: str, source: str) -> None:
    folder = Path(__file__).parents[3] / "conf/spotting"
    spotter = instantiate(OmegaConf.load(folder / f"{choice}.yaml"))
    assert spotter.apex_source == source
