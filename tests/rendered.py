"""Recordings of generated faces: the whole head, at any position in a room.

The true positions of eyes and landmarks and the true onset, apex and offset are known, so that
detectors and spotting can be tested.
"""

import copy
import os
import re
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.assets import LEFT_EYE, RIGHT_EYE
from posed_spontaneous.faces.capture import (
    FrameConditions,
    Studio,
    interpolate,
    sample_conditions,
    sample_studio,
    vary_studio,
)
from posed_spontaneous.faces.dynamics import sample_rise
from posed_spontaneous.faces.expression import EMOTIONS, LABELS, apex_weights, sample_cues
from posed_spontaneous.faces.head_pack import HeadPack, load_head_pack
from posed_spontaneous.faces.identity import Subject, sample_subject
from posed_spontaneous.faces.landmarks import project_landmarks
from posed_spontaneous.faces.renderer import Camera, project, render

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "posed-spontaneous"
"""The folder in which ``conf/paths/default.yaml`` stores the head pack."""
DRIFT = 16
"""Number of frames in which head and lamp move from one random position to the next."""
BLINK = np.array([0.4, 0.9, 0.9, 0.5, 0.2])
"""How far the lids close in each frame of a blink, 0 to 1."""
BLINK_RATE = 0.02
"""Blinks per frame at nuisance 1."""
LIDS = ("expression/eyeBlinkLeft", "expression/eyeBlinkRight")
COLLAR = 6.12
"""Upper edge of the clothes on the head's mesh, in decimetres; no skin is painted below it."""
EYE_CORNERS = np.array([[36, 39], [42, 45]])
"""Landmarks of the corners of the left and of the right eye in the image."""
STEMS = {
    "happ": "happiness", "smil": "happiness", "joy": "happiness", "amus": "happiness",
    "disgust": "disgust", "fear": "fear", "afraid": "fear", "surpris": "surprise",
    "ang": "anger", "sad": "sadness",
}  # fmt: skip
"""Emotions by the beginnings of their names in databases."""


@dataclass(frozen=True)
class RenderedRecording:
    """A recording and its ground truth.

    Positions are in pixels, x to the right and y down; (0, 0) is the centre of the top left pixel.

    Attributes:
        frames: Gray images, ``(T, H, W)``, uint8.
        eyes: Positions of the centres of the eyeballs, ``(T, 2, 2)``, first the left eye in the
            image.
        landmarks: The 68 points of ``faces.landmarks``, ``(T, 68, 2)``.
        intensity: Intensity of the expression, 0 (neutral) to 1 (apex), ``(T,)``.
        onset: Last neutral frame before the expression.
        apex: First frame with the expression at its maximum.
        offset: First neutral frame after it, or the last frame if the recording ends before.
    """

    frames: NDArray[np.uint8]
    eyes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    intensity: NDArray[np.float64]
    onset: int
    apex: int
    offset: int

    @property
    def eye_corners(self) -> NDArray[np.float32]:
        """Midpoints between the corners of each eye, ``(T, 2, 2)``, in the order of ``eyes``.

        In these heads they are about .024 inter-ocular distances below ``eyes``. The eyes that a
        detector finds are between the two.
        """
        return self.landmarks[:, EYE_CORNERS].mean(axis=2)


def render_recording(
    subject: int,
    emotion: str,
    label: str,
    *,
    frames: int = 24,
    onset: int | None = None,
    apex: int | None = None,
    hold: int = 0,
    offset: int | None = None,
    size: tuple[int, int] = (480, 640),
    nuisance: float = 0.35,
    strength: float = 3.0,
    interocular: float | None = None,
    roll: float = 0.0,
    seed: int = 0,
) -> RenderedRecording:
    """Render a recording of one expression: neutral, onset, rise, apex, decay, offset.

    Args:
        subject: Number of a generated person, 0 or more.
        emotion: A key of ``faces.expression.EMOTIONS``.
        label: One of ``faces.expression.LABELS``.
        frames: Length T, 2 or more.
        onset: Last neutral frame; by default after a tenth of the recording.
        apex: First frame at the maximum; by default after six tenths of the recording.
        hold: Number of frames for which the maximum is held after the apex.
        offset: First neutral frame after the apex, by default the last frame. If it is beyond the
            end, the recording ends during the decay.
        size: Height and width in pixels; the width is 176 or more.
        nuisance: How much head, lamp and the rest of the face move, as in ``faces.capture``, and
            the amount of blinks and grain.
        strength: How much posed and spontaneous expressions differ.
        interocular: Pixels between the eyes in the first frame; by default about 0.13 widths,
            varied by subject.
        roll: Rotation of the head in the image in degrees, clockwise.
        seed: Distinguishes recordings with the same arguments.
    """
    last = frames - 1
    onset = round(0.1 * last) if onset is None else onset
    apex = max(onset + 1, round(0.6 * last)) if apex is None else apex
    offset = max(last, apex + hold) if offset is None else offset
    assert 0 <= onset < apex <= last, (onset, apex, frames)

    person, studio = _person(subject)
    pack = _head_pack()
    rng = np.random.default_rng(
        [2, subject, seed, list(EMOTIONS).index(emotion), LABELS.index(label)]
    )
    cues = sample_cues(rng, label, strength)
    rise = sample_rise(rng, label, strength)
    before = copy.deepcopy(rng)
    apex_weights(rng, emotion, cues)
    moments = _drift(rng, vary_studio(rng, studio), nuisance, frames)
    blinks = _blinks(rng, nuisance, frames)

    time = np.arange(frames)
    intensity = rise.intensity(np.clip((time - onset) / (apex - onset), 0, 1))
    fall = np.clip((time - apex - hold) / max(offset - apex - hold, 1), 0, 1)
    intensity *= 1 - fall * fall * (3 - 2 * fall)

    heads = []
    for moment, share, closed in zip(moments, intensity.tolist(), blinks.tolist(), strict=True):
        head = person.neutral.copy()
        pack.shapes.add(head, apex_weights(copy.deepcopy(before), emotion, cues, share))
        pack.shapes.add(head, moment.units)
        pack.shapes.add(head, dict.fromkeys(LIDS, closed))
        heads.append(head)

    place = _place(rng, size, interocular, roll)
    crop = _crop(_eyes(pack, heads[0], moments[0].camera), place, size[1])
    room = _furnish(rng, studio.light.background, size)
    worn, cloth = _dress(rng, pack, heads[0], moments[0].camera, crop, size)
    images, eyes, landmarks = [], [], []
    for head, moment in zip(heads, moments, strict=True):
        # A background of NaN marks the pixels in which the room is visible.
        light = moment.light._replace(background=float("nan"))
        image = render(pack, head, person.skin, moment.camera, light, crop, size)
        image = np.where(np.isnan(image), room, image)
        image += worn * (cloth - image)
        image = cv2.GaussianBlur(image, (0, 0), 0.6)
        image = image + moment.grain * rng.standard_normal(size, dtype=np.float32)
        images.append(np.clip(np.round(255 * image), 0, 255).astype(np.uint8))
        seen = _eyes(pack, head, moment.camera)
        eyes.append((seen @ crop[:, :2].T + crop[:, 2]) * size[1] - 0.5)
        landmarks.append(project_landmarks(head, moment.camera, crop, size[1]))
    return RenderedRecording(
        np.stack(images),
        np.stack(eyes).astype(np.float32),
        np.stack(landmarks),
        intensity,
        onset,
        apex,
        min(offset, last),
    )


def footage(
    subject: str,
    expression: str,
    take: int,
    *,
    frames: int = 8,
    size: tuple[int, int] = (240, 320),
    nuisance: float = 0.35,
    **choices: int | float | None,
) -> list[NDArray[np.uint8]]:
    """Render the frames, ``(H, W)`` each, of a recording in a database.

    The same arguments always give the same frames.

    Args:
        subject: Name of the subject; each name has its own face.
        expression: A label, an emotion or both, such as ``posed/happy`` or ``spontaneous``. If one
            is missing, it is chosen by the names.
        take: Distinguishes recordings with the same names, 0 or more.
        frames: Number of frames.
        size: Height and width in pixels; the width is 176 or more.
        nuisance: See ``render_recording``.
        **choices: Further arguments of ``render_recording``.
    """
    text = expression.lower()
    number = zlib.crc32(f"{subject}/{text}".encode())
    label = LABELS[number % 2]
    if re.search("pos|delib|acted", text):
        label = "posed"
    if re.search("spont|genuine", text):
        label = "spontaneous"
    emotions = (emotion for stem, emotion in STEMS.items() if stem in text)
    emotion = next(emotions, list(EMOTIONS)[number // 2 % len(EMOTIONS)])
    recording = render_recording(
        zlib.crc32(subject.encode()),
        emotion,
        label,
        frames=frames,
        size=size,
        nuisance=nuisance,
        seed=take,
        **choices,
    )
    return list(recording.frames)


@cache
def _head_pack() -> HeadPack:
    return load_head_pack(CACHE)


@cache
def _person(number: int) -> tuple[Subject, Studio]:
    rng = np.random.default_rng([1, number])
    subject = sample_subject(rng, _head_pack(), number)
    return subject, sample_studio(rng, subject.skin)


def _drift(
    rng: np.random.Generator, studio: Studio, nuisance: float, count: int
) -> list[FrameConditions]:
    """Recording conditions of each frame, which are independent of the time of the apex."""
    stops = [sample_conditions(rng, studio, nuisance) for _ in range(2 + count // DRIFT)]
    for stop in stops:
        stop.units.update(dict.fromkeys(LIDS, 0.0))  # blinks are sampled separately
    phase = rng.uniform(0, 1) if len(stops) > 2 else 0.0
    moments = []
    for time in np.linspace(phase, len(stops) - 1, count):
        stop = min(int(time), len(stops) - 2)
        share = time - stop
        moments.append(interpolate(stops[stop], stops[stop + 1], share * share * (3 - 2 * share)))
    return moments


def _blinks(rng: np.random.Generator, nuisance: float, count: int) -> NDArray[np.float64]:
    starts = rng.uniform(size=count) < BLINK_RATE * nuisance
    return np.clip(np.convolve(starts, BLINK)[:count], 0, 0.95)


def _eyes(pack: HeadPack, head: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Centres of the eyeballs on the image plane, as used by ``crop_by_eyes``, ``(2, 2)``."""
    points, _, _ = project(head, camera)
    return np.stack([points[pack.part == part].mean(axis=0) for part in (RIGHT_EYE, LEFT_EYE)])


@dataclass(frozen=True)
class _Place:
    """Position of the eyes in the first frame: their midpoint, and the vector between them."""

    middle: complex
    across: complex


def _place(
    rng: np.random.Generator, size: tuple[int, int], interocular: float | None, roll: float
) -> _Place:
    height, width = size
    default = rng.uniform(0.115, 0.15) * width
    span = default if interocular is None else interocular
    # A head extends about two inter-ocular distances above the eyes and to each side.
    free_x, free_y = max(width / 2 - 2.0 * span, 0), max((height - 4.4 * span) / 2, 0)
    x = width / 2 + rng.uniform(-0.8, 0.8) * free_x
    y = height / 2 + rng.uniform(-0.8, 0.8) * free_y
    tilt = np.deg2rad(roll + 2.5 * rng.standard_normal())
    return _Place(complex(x, y), span * complex(np.cos(tilt), np.sin(tilt)))


def _crop(eyes: NDArray[np.float32], place: _Place, width: int) -> NDArray[np.float32]:
    """The similarity, ``(2, 3)``, from the image plane to image widths that places the eyes."""
    left, right = (complex(*eye) for eye in eyes.astype(np.float64))
    turn = place.across / (right - left)
    shift = place.middle + complex(0.5, 0.5) - turn * (left + right) / 2
    matrix = [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]
    return np.array(matrix, dtype=np.float32) / np.float32(width)


def _furnish(
    rng: np.random.Generator, background: float, size: tuple[int, int]
) -> NDArray[np.float32]:
    """A wall with a soft gradient and a few rectangles in front of it."""
    height, width = size
    y, x = np.mgrid[:height, :width].astype(np.float32) / width
    slope = rng.normal(0, 0.12, 2)
    room = background + slope[0] * (x - 0.5) + slope[1] * (y - 0.4)
    for _ in range(rng.integers(0, 4)):
        low = rng.uniform(-0.2, [1.0, 0.8]) * (width, height)
        high = low + rng.uniform([0.05, 0.1], [0.5, 0.7]) * (width, height)
        furnished = room.copy()
        cv2.rectangle(furnished, low.astype(int), high.astype(int), rng.uniform(0.1, 0.9), -1)
        room = (room + furnished) / 2
    return np.asarray(cv2.GaussianBlur(room, (0, 0), width / 200), dtype=np.float32)


def _dress(
    rng: np.random.Generator,
    pack: HeadPack,
    head: NDArray[np.float32],
    camera: Camera,
    crop: NDArray[np.float32],
    size: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Clothes that hide the lower edge of the neck: their mask, 0 to 1, and their gray values."""
    points, _, _ = project(head, camera)
    neck = points[pack.rest[:, 1] < COLLAR]
    middle, top = neck.mean(axis=0)[0], neck[:, 1].min()
    # Decimetres, from the collar along a shoulder to outside of the image.
    line = np.array([[0.5, 0.1], [0.9, 0.3], [1.55, 0.55], [1.9, 1.0], [2.1, 3.0], [2.1, 9.0]])
    shoulders = np.concatenate([line * side + [middle, top] for side in ([-1, 1], [1, 1])])
    mask = np.zeros(size, dtype=np.float32)
    left, right = np.split(shoulders, 2)
    for outline in (cv2.convexHull(neck)[:, 0], np.concatenate([left, right[::-1]])):
        pixels = (outline @ crop[:, :2].T + crop[:, 2]) * size[1]
        cv2.fillPoly(mask, [np.round(pixels).astype(np.int32)], 1.0)
    folds = np.cos(np.linspace(0, 40, size[1], dtype=np.float32) + rng.uniform(0, 6))
    return cv2.GaussianBlur(mask, (0, 0), size[1] / 400), rng.uniform(0.1, 0.7) + 0.03 * folds
