"""Recording conditions of a pair: one studio, and what differs between onset and apex frame.

All of it is independent of the class. All differences between the two frames, except the
expression, are proportional to ``nuisance``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from posed_spontaneous.faces.arrays import Doubles, Floats
from posed_spontaneous.faces.assets import LEFT_EYE, RIGHT_EYE
from posed_spontaneous.faces.expression import split_sides
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.renderer import Camera, Light, project
from posed_spontaneous.faces.skin import Skin

EYE_SPAN = 0.40
"""Inter-ocular distance in image widths."""
EYE_LINE = 0.385
"""Distance of the eyes from the top of the image in image widths."""
SPEECH_UNITS = ("jawOpen", "mouthPucker", "mouthFunnel", "mouthStretch", "mouthPress")
RESIDUAL_UNITS = ("mouthSmile", "mouthFrown", "browDown", "browOuterUp", "eyeSquint", "eyeWide")
BLINK_SHARE = 0.2
"""Share of frames with half-closed eyes at nuisance 1."""


@dataclass(frozen=True)
class Studio:
    """Camera and light of one recording."""

    camera: Camera
    light: Light


@dataclass(frozen=True)
class FrameConditions:
    """Recording conditions of one frame.

    Attributes:
        camera: Head pose.
        light: The illumination.
        units: Weights of expression units that are unrelated to the emotion.
        shift: Error of the crop in image widths, ``(2,)``.
        grain: Standard deviation of the sensor noise, for gray values of 0 to 1.
    """

    camera: Camera
    light: Light
    units: dict[str, float]
    shift: Doubles
    grain: float


def sample_studio(rng: np.random.Generator, skin: Skin) -> Studio:
    """Sample the studio of a subject: a frontal pose, soft light, and exposure for the skin."""
    azimuth, elevation = rng.normal(0.0, 0.4), rng.uniform(0.3, 0.8)
    yaw, pitch, distance = rng.normal(0.0, 0.04), rng.normal(0.0, 0.04), rng.uniform(8.0, 16.0)
    x, z = np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation)
    light = Light(
        direction=np.array([x, np.sin(elevation), z]),
        key=rng.uniform(0.4, 0.65),
        exposure=0.78 * rng.uniform(0.8, 1.2) / skin.tone**0.7,
        background=rng.uniform(0.2, 0.8),
    )
    return Studio(Camera(yaw, pitch, 0.0, distance), light)


def vary_studio(rng: np.random.Generator, studio: Studio) -> Studio:
    """Sample the studio of another recording, with the head and the lamp slightly moved."""
    return Studio(_move(rng, studio.camera, 0.03), _relight(rng, studio.light, 0.5))


def sample_conditions(rng: np.random.Generator, studio: Studio, nuisance: float) -> FrameConditions:
    """Sample the conditions of one frame."""
    speech = np.minimum(rng.exponential(0.14, len(SPEECH_UNITS)), 0.5) * nuisance
    residual = np.minimum(rng.exponential(0.25, len(RESIDUAL_UNITS)), 0.6) * nuisance
    closed = rng.uniform(0.2, 0.7) * (rng.uniform() < BLINK_SHARE * nuisance)
    units = {
        **dict(zip(SPEECH_UNITS, speech.tolist(), strict=True)),
        **dict(zip(RESIDUAL_UNITS, residual.tolist(), strict=True)),
        "eyeBlink": float(closed),
    }
    return FrameConditions(
        camera=_move(rng, studio.camera, 0.018 * nuisance),
        light=_relight(rng, studio.light, nuisance),
        units=split_sides(units, float(0.2 * rng.standard_normal())),
        shift=0.012 * nuisance * rng.standard_normal(2),
        grain=0.004 + 0.01 * nuisance,
    )


def interpolate(onset: FrameConditions, apex: FrameConditions, share: float) -> FrameConditions:
    """Return the conditions at a share, 0 to 1, of the way from onset to apex."""

    def mix(start: Any, end: Any) -> Any:
        return start + share * (end - start)

    return FrameConditions(
        camera=Camera(*map(mix, onset.camera, apex.camera)),
        light=onset.light._replace(
            direction=_normalise(mix(onset.light.direction, apex.light.direction)),
            exposure=mix(onset.light.exposure, apex.light.exposure),
        ),
        units={unit: mix(weight, apex.units[unit]) for unit, weight in onset.units.items()},
        shift=mix(onset.shift, apex.shift),
        grain=mix(onset.grain, apex.grain),
    )


def crop_by_eyes(pack: HeadPack, positions: Floats, camera: Camera) -> Floats:
    """Return the similarity, ``(2, 3)``, from the image plane to image widths that aligns the eyes.

    The line between the eyes becomes horizontal, ``EYE_SPAN`` long and ``EYE_LINE`` below the top.
    """
    points, _, _ = project(positions, camera)
    left, right = (points[pack.part == part].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE))
    # Dividing complex numbers gives the rotation and the scale.
    turn = EYE_SPAN / complex(*(left - right))
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    offset = np.array([0.5, EYE_LINE]) - matrix @ ((left + right) / 2)
    return np.column_stack([matrix, offset]).astype(np.float32)


def _move(rng: np.random.Generator, camera: Camera, spread: float) -> Camera:
    yaw, pitch, roll = spread * rng.standard_normal(3)
    return camera._replace(
        yaw=camera.yaw + yaw, pitch=camera.pitch + pitch, roll=camera.roll + 0.6 * roll
    )


def _relight(rng: np.random.Generator, light: Light, spread: float) -> Light:
    moved = light.direction + 0.08 * spread * rng.standard_normal(3)
    return light._replace(
        direction=_normalise(moved),
        exposure=float(light.exposure * np.exp(0.06 * spread * rng.standard_normal())),
    )


def _normalise(vector: Doubles) -> Doubles:
    return np.asarray(vector / np.linalg.norm(vector))
