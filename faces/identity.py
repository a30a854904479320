"""A subject: the resting shape of a head, its resting tone, and the look of its surface."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.expression import sided
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.skin import Skin, paint_skin

OPPOSITES = {
    "incr": "decr", "up": "down", "in": "out", "forward": "backward", "convex": "concave",
    "compress": "uncompress",
}  # fmt: skip
SPREAD = 0.22
"""Standard deviation of the weight of one identity axis."""
REACH = 0.7
"""The largest weight of one identity axis."""
DEEP_FOLDS = ("laugh-lines", "dimples", "cheek-inner")
"""Axes left alone: with a broad smile on top, their folds cut through the cheek."""
BALANCE = {"identity/mouth-trans-up": 0.4, "identity/nose-scale-vert-decr": 0.2}
"""Brings the mean face to the proportions of real ones: the mouth lies 1.08 inter-ocular
distances below the eyes."""
ASYMMETRY_SPREAD = 0.12
RESTING_UNITS = (
    "mouthSmile", "mouthFrown", "browInnerUp", "browOuterUp", "eyeSquint", "eyeWide",
    "cheekSquint", "mouthPress", "noseSneer",
)  # fmt: skip
RESTING_TONE = 0.1
"""Mean weight of a unit on the resting face: what makes some people look sad or cross."""


@dataclass(frozen=True)
class Subject:
    """One invented person; nothing here depends on a class.

    Attributes:
        name: Such as ``f017``.
        gender: ``female`` or ``male``.
        neutral: Resting vertices in decimetres, shape (V, 3).
        skin: What the surface looks like.
    """

    name: str
    gender: str
    neutral: NDArray[np.float32]
    skin: Skin


def draw_subject(rng: np.random.Generator, pack: HeadPack, number: int) -> Subject:
    """Draw a subject; even numbers are female, odd ones male.

    Args:
        rng: The subject's own random stream.
        pack: The head pack.
        number: Counts from 0; the name counts from 1.
    """
    gender = ("female", "male")[number % 2]
    age = float(0.75 * rng.beta(1, 2))
    neutral = pack.rest.copy()
    for weights in (
        _macro(rng, gender, age),
        _identity(rng, pack.shapes.in_group("identity")),
        _asymmetry(rng, pack.shapes.in_group("asymmetry")),
        _resting_tone(rng),
    ):
        pack.shapes.add(neutral, weights)
    skin = paint_skin(rng, pack, gender, age)
    return Subject(f"{gender[0]}{number + 1:03d}", gender, skin.with_hair(pack, neutral), skin)


def _macro(rng: np.random.Generator, gender: str, age: float) -> dict[str, float]:
    """Mix sexes, ages, origins, weights and muscle as the base mesh's makers meant it."""
    other = {"female": "male", "male": "female"}[gender]
    own = float(rng.uniform(0.75, 1.0))
    origin = rng.dirichlet([0.4, 0.4, 0.6])
    fat, muscle = rng.uniform(-0.6, 0.6), rng.uniform(-0.5, 0.5)
    weights = {}
    for sex, sex_share in ((gender, own), (other, 1 - own)):
        for stage, stage_share in (("young", 1 - age), ("old", age)):
            share = sex_share * stage_share
            for name, part in zip(("african", "asian", "caucasian"), origin, strict=True):
                weights[f"macro/{name}-{sex}-{stage}"] = share * float(part)
            for muscle_name, muscle_share in _around_average(muscle, "muscle"):
                for fat_name, fat_share in _around_average(fat, "weight"):
                    name = f"macro/universal-{sex}-{stage}-{muscle_name}-{fat_name}"
                    weights[name] = share * muscle_share * fat_share
    return weights


def _around_average(value: float, what: str) -> tuple[tuple[str, float], tuple[str, float]]:
    extreme = "max" if value > 0 else "min"
    return (f"average{what}", 1 - abs(value)), (f"{extreme}{what}", abs(value))


def _identity(rng: np.random.Generator, names: list[str]) -> dict[str, float]:
    """Draw one signed weight per axis; both sides of the face share it."""
    axes: dict[str, tuple[list[str], list[str]]] = {}
    for name in names:
        if any(fold in name for fold in DEEP_FOLDS):
            continue
        stem, _, ending = re.sub(r"/[lr]-", "/", name).rpartition("-")
        negative = ending in OPPOSITES.values()
        axis = f"{stem}-{ending}"
        for word, opposite in OPPOSITES.items():
            if ending in (word, opposite):
                axis = f"{stem}-{word}"
        axes.setdefault(axis, ([], []))[negative].append(name)
    weights = dict(BALANCE)
    for positives, negatives in axes.values():
        weight = float(np.clip(SPREAD * rng.standard_normal(), -REACH, REACH))
        for name in positives if weight > 0 else negatives:
            weights[name] = weights.get(name, 0.0) + abs(weight)
    return weights


def _asymmetry(rng: np.random.Generator, names: list[str]) -> dict[str, float]:
    return {name: float(abs(ASYMMETRY_SPREAD * rng.standard_normal())) for name in names}


def _resting_tone(rng: np.random.Generator) -> dict[str, float]:
    tone = rng.exponential(RESTING_TONE, len(RESTING_UNITS))
    stems = dict(zip(RESTING_UNITS, (float(min(weight, 0.35)) for weight in tone), strict=True))
    return sided(stems, float(0.15 * rng.standard_normal()))
