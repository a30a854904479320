"""How a pair is filmed: one setting, and what changes from its onset to its apex frame.

Nothing here knows the class. Everything that differs between the two frames of a pair apart
from the expression scales with ``nuisance``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.assets import LEFT_EYE, RIGHT_EYE
from posed_spontaneous.faces.expression import sided
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.renderer import Camera, Light, project
from posed_spontaneous.faces.skin import Skin

EYE_SPAN = 0.40
"""Inter-ocular distance as a share of the picture's width."""
EYE_LINE = 0.385
"""Height of the eyes in the picture, from the top, as a share of its width."""
SPEECH_UNITS = ("jawOpen", "mouthPucker", "mouthFunnel", "mouthStretch", "mouthPress")
RESIDUAL_UNITS = ("mouthSmile", "mouthFrown", "browDown", "browOuterUp", "eyeSquint", "eyeWide")
BLINK_SHARE = 0.2
"""Share of frames that meet a half-closed eye at nuisance 1."""


@dataclass(frozen=True)
class Setting:
    """Camera and light of one recording."""

    camera: Camera
    light: Light


@dataclass(frozen=True)
class Frame:
    """What one frame adds to the expression.

    Attributes:
        camera: Head pose at that moment.
        light: Light at that moment.
        units: Weights of expression units that have nothing to do with the emotion.
        shift: Error of the crop in picture widths, shape (2,).
        grain: Standard deviation of the sensor's noise in gray of 0..1.
    """

    camera: Camera
    light: Light
    units: dict[str, float]
    shift: NDArray[np.float64]
    grain: float


def draw_setting(rng: np.random.Generator, skin: Skin) -> Setting:
    """Draw the studio of a subject: frontal, softly lit, exposed for the skin."""
    azimuth, elevation = rng.normal(0.0, 0.4), rng.uniform(0.3, 0.8)
    return Setting(
        Camera(
            yaw=rng.normal(0.0, 0.04),
            pitch=rng.normal(0.0, 0.04),
            roll=0.0,
            distance=rng.uniform(8.0, 16.0),
        ),
        Light(
            direction=_unit(azimuth, elevation),
            key=rng.uniform(0.4, 0.65),
            exposure=0.78 * rng.uniform(0.8, 1.2) / skin.tone**0.7,
            background=rng.uniform(0.2, 0.8),
        ),
    )


def vary(rng: np.random.Generator, setting: Setting) -> Setting:
    """The same studio on another take: the head and the lamp are never quite where they were."""
    return Setting(_move(rng, setting.camera, 0.03), _relight(rng, setting.light, 0.5))


def draw_frame(rng: np.random.Generator, setting: Setting, nuisance: float) -> Frame:
    """Draw what happens in one frame besides the expression."""
    speech = np.minimum(rng.exponential(0.14, len(SPEECH_UNITS)), 0.5) * nuisance
    residual = np.minimum(rng.exponential(0.25, len(RESIDUAL_UNITS)), 0.6) * nuisance
    closed = rng.uniform(0.2, 0.7) * (rng.uniform() < BLINK_SHARE * nuisance)
    stems = {
        **dict(zip(SPEECH_UNITS, speech.tolist(), strict=True)),
        **dict(zip(RESIDUAL_UNITS, residual.tolist(), strict=True)),
        "eyeBlink": float(closed),
    }
    return Frame(
        camera=_move(rng, setting.camera, 0.018 * nuisance),
        light=_relight(rng, setting.light, nuisance),
        units=sided(stems, float(0.2 * rng.standard_normal())),
        shift=0.012 * nuisance * rng.standard_normal(2),
        grain=0.004 + 0.01 * nuisance,
    )


def between(onset: Frame, apex: Frame, share: float) -> Frame:
    """The frame at a share, 0..1, of the way from the onset's to the apex's."""

    def mix(start: float, end: float) -> float:
        return start + share * (end - start)

    directions = zip(onset.light.direction, apex.light.direction, strict=True)
    return Frame(
        camera=Camera(*map(mix, onset.camera, apex.camera)),
        light=onset.light._replace(
            direction=_normalised(np.array([mix(start, end) for start, end in directions])),
            exposure=mix(onset.light.exposure, apex.light.exposure),
        ),
        units={unit: mix(weight, apex.units[unit]) for unit, weight in onset.units.items()},
        shift=onset.shift + share * (apex.shift - onset.shift),
        grain=mix(onset.grain, apex.grain),
    )


def crop_by_eyes(
    pack: HeadPack, positions: NDArray[np.float32], camera: Camera
) -> NDArray[np.float32]:
    """The similarity, (2, 3), from the image plane to picture widths that levels the eyes."""
    points, _, _ = project(positions, camera)
    left, right = (points[pack.part == part].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE))
    across = left - right
    # Complex division turns the line between the eyes into a level one of the wanted length.
    turn = EYE_SPAN / complex(*across)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    offset = np.array([0.5, EYE_LINE]) - matrix @ ((left + right) / 2)
    return np.column_stack([matrix, offset]).astype(np.float32)


def _unit(azimuth: float, elevation: float) -> tuple[float, float, float]:
    return (
        float(np.sin(azimuth) * np.cos(elevation)),
        float(np.sin(elevation)),
        float(np.cos(azimuth) * np.cos(elevation)),
    )


def _move(rng: np.random.Generator, camera: Camera, spread: float) -> Camera:
    yaw, pitch, roll = spread * rng.standard_normal(3)
    return camera._replace(
        yaw=camera.yaw + yaw, pitch=camera.pitch + pitch, roll=camera.roll + 0.6 * roll
    )


def _relight(rng: np.random.Generator, light: Light, spread: float) -> Light:
    moved = np.array(light.direction) + 0.08 * spread * rng.standard_normal(3)
    return light._replace(
        direction=_normalised(moved),
        exposure=float(light.exposure * np.exp(0.06 * spread * rng.standard_normal())),
    )


def _normalised(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = vector / np.linalg.norm(vector)
    return float(x), float(y), float(z)
