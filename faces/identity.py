"""A subject: the shape of the neutral head and its surface."""

import re
from dataclasses import dataclass

import numpy as np

from posed_spontaneous.faces.arrays import Floats
from posed_spontaneous.faces.expression import split_sides
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.skin import Skin, sample_skin

POSITIVE = {
    "decr": "incr", "down": "up", "out": "in", "backward": "forward", "concave": "convex",
    "uncompress": "compress",
}  # fmt: skip
"""Endings of the names of shapes that are opposite ends of one axis."""
IDENTITY_STD = 0.22
"""Standard deviation of the weight of one identity axis."""
MAX_IDENTITY = 0.7
"""Limit of the weight of one identity axis."""
DEEP_FOLDS = ("laugh-lines", "dimples", "cheek-inner")
"""Axes that are not used, because their folds intersect the cheek in a broad smile."""
PROPORTIONS = {"identity/mouth-trans-up": 0.4, "identity/nose-scale-vert-decr": 0.2}
"""Gives the mean face the proportions of real ones, with the mouth 1.08 inter-ocular distances
below the eyes."""
ASYMMETRY_STD = 0.12
NEUTRAL_UNITS = (
    "mouthSmile", "mouthFrown", "browInnerUp", "browOuterUp", "eyeSquint", "eyeWide",
    "cheekSquint", "mouthPress", "noseSneer",
)  # fmt: skip
NEUTRAL_WEIGHT = 0.1
"""Mean weight of a unit in the neutral face, which makes some subjects look sad or angry."""


@dataclass(frozen=True)
class Subject:
    """A generated person; no attribute depends on a class.

    Attributes:
        name: For example ``f017``.
        gender: ``female`` or ``male``.
        neutral: Vertices of the neutral head in decimetres, ``(V, 3)``.
        skin: The surface.
    """

    name: str
    gender: str
    neutral: Floats
    skin: Skin


def sample_subject(rng: np.random.Generator, pack: HeadPack, number: int) -> Subject:
    """Sample a subject by its number, which is even for female and odd for male, from 0."""
    gender = ("female", "male")[number % 2]
    age = float(0.75 * rng.beta(1, 2))
    neutral = pack.rest.copy()
    for weights in (
        _sample_macro(rng, gender, age),
        _sample_identity(rng, pack.shapes.in_group("identity")),
        _sample_asymmetry(rng, pack.shapes.in_group("asymmetry")),
        _sample_neutral_expression(rng),
    ):
        pack.shapes.add(neutral, weights)
    skin = sample_skin(rng, pack, gender, age)
    return Subject(f"{gender[0]}{number + 1:03d}", gender, skin.with_hair(pack, neutral), skin)


def _sample_macro(rng: np.random.Generator, gender: str, age: float) -> dict[str, float]:
    """Mix sex, age, origin, weight and muscle with the macro targets of the base mesh."""
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
            for muscle_name, muscle_share in _mix_with_average(muscle, "muscle"):
                for fat_name, fat_share in _mix_with_average(fat, "weight"):
                    name = f"macro/universal-{sex}-{stage}-{muscle_name}-{fat_name}"
                    weights[name] = share * muscle_share * fat_share
    return weights


def _mix_with_average(value: float, target: str) -> tuple[tuple[str, float], tuple[str, float]]:
    extreme = "max" if value > 0 else "min"
    return (f"average{target}", 1 - abs(value)), (f"{extreme}{target}", abs(value))


def _sample_identity(rng: np.random.Generator, names: list[str]) -> dict[str, float]:
    """Sample one signed weight per axis, the same for both sides of the face."""
    axes: dict[str, tuple[list[str], list[str]]] = {}
    for name in names:
        if any(fold in name for fold in DEEP_FOLDS):
            continue
        stem, _, ending = re.sub(r"/[lr]-", "/", name).rpartition("-")
        ends = axes.setdefault(f"{stem}-{POSITIVE.get(ending, ending)}", ([], []))
        ends[ending in POSITIVE].append(name)
    weights = dict(PROPORTIONS)
    for positives, negatives in axes.values():
        weight = float(np.clip(IDENTITY_STD * rng.standard_normal(), -MAX_IDENTITY, MAX_IDENTITY))
        for name in positives if weight > 0 else negatives:
            weights[name] = weights.get(name, 0.0) + abs(weight)
    return weights


def _sample_asymmetry(rng: np.random.Generator, names: list[str]) -> dict[str, float]:
    return {name: float(abs(ASYMMETRY_STD * rng.standard_normal())) for name in names}


def _sample_neutral_expression(rng: np.random.Generator) -> dict[str, float]:
    weights = np.minimum(rng.exponential(NEUTRAL_WEIGHT, len(NEUTRAL_UNITS)), 0.35).tolist()
    units = dict(zip(NEUTRAL_UNITS, weights, strict=True))
    return split_sides(units, float(0.15 * rng.standard_normal()))
