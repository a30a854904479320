"""Weights of expression units at the apex, given an emotion and a class.

Posed and spontaneous apexes differ in four cues only:

* ``asymmetry``: deliberate facial actions are asymmetric more often and more strongly than
  emotional ones (Ekman, Hager & Friesen 1981).
* ``eyes``: felt smiles involve orbicularis oculi, which raises the cheek and narrows the eye
  (Ekman & Friesen 1982; Ekman, Davidson & Friesen 1990). Some upper-face actions of sadness,
  fear and anger are hard to perform deliberately, too (Ekman, Roper & Hager 1980; Ekman 2003).
  The cue in surprise and disgust is an assumption of this generator.
* ``amplitude``: spontaneous smiles have a smaller amplitude than deliberate ones (Cohn &
  Schmidt 2004; Schmidt, Bhattacharya & Denlinger 2009). The cue in the other emotions is an
  assumption of this generator.
* ``blend``: posed expressions are closer to the prototype and recognised more often than
  spontaneous ones (Motley & Camden 1988), which is rendered as actions beyond the prototype.

A latent cue is ``strength * sign(class) * SHIFT + noise``. The noise is standard normal and
independent of the class, so at strength 0 both classes have the same distribution. A sigmoid maps
each cue to a bounded range of weights, so that every strength gives a valid face.

References:
    Cohn & Schmidt 2004, Int. J. Wavelets, Multiresolution and Information Processing 2.
    Ekman 2003, Annals of the New York Academy of Sciences 1000.
    Ekman, Davidson & Friesen 1990, J. Personality and Social Psychology 58.
    Ekman & Friesen 1982, J. Nonverbal Behavior 6.
    Ekman, Hager & Friesen 1981, Psychophysiology 18.
    Ekman, Roper & Hager 1980, Child Development 51.
    Motley & Camden 1988, Western J. Speech Communication 52.
    Schmidt, Bhattacharya & Denlinger 2009, J. Nonverbal Behavior 33.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

LABELS = ("posed", "spontaneous")
SIDES = ("Left", "Right")
SHIFT = 0.45
"""Half the distance between the class means of a cue at strength 1, in standard deviations."""
LEFT_SHARE = 0.8
"""Share of expressions that are stronger on the subject's left, the same in both classes. Ekman,
Hager & Friesen (1981) saw it in most asymmetric deliberate smiles; the value is an assumption."""
STEEPNESS = 1.5
"""Slope of the sigmoid from a latent cue to the face."""
VARIABILITY = 0.12
"""Standard deviation of the logarithm of a unit's weight from one expression to the next."""
MAX_WEIGHT = 0.95
"""Limit of a unit's weight: a muscle saturates, and larger weights distort the shapes."""
CENTRAL_UNITS = frozenset(
    {"browInnerUp", "cheekPuff", "jawOpen", "mouthFunnel", "mouthPucker", "mouthRollLower",
     "mouthShrugLower", "mouthShrugUpper"}
)  # fmt: skip
"""Units without a side; all others here come in pairs, such as ``mouthSmileLeft`` and ``Right``."""


class Emotion(NamedTuple):
    """The expression units of an emotion, by name without side, with their weights.

    Attributes:
        prototype: Actions that are easy to perform deliberately.
        eyes: Actions of the upper face that are hard to pose.
        blend: Actions beyond the prototype.
    """

    prototype: Mapping[str, float]
    eyes: Mapping[str, float]
    blend: Mapping[str, float]


EMOTIONS: Mapping[str, Emotion] = {
    "happiness": Emotion(
        {"mouthSmile": 0.75, "mouthUpperUp": 0.6, "mouthStretch": 0.25, "jawOpen": 0.16},
        {"cheekSquint": 1.1, "eyeSquint": 1.1, "eyeBlink": 0.1, "browDown": 0.25},
        {"browInnerUp": 0.6, "mouthPress": 0.5, "mouthShrugUpper": 0.3, "mouthDimple": 0.6},
    ),
    "disgust": Emotion(
        {"noseSneer": 0.7, "mouthUpperUp": 0.9, "mouthShrugUpper": 0.3, "mouthFrown": 0.3},
        {"browDown": 0.9, "cheekSquint": 0.9, "eyeSquint": 1.0, "eyeBlink": 0.2},
        {"mouthStretch": 0.6, "jawOpen": 0.25, "mouthLowerDown": 0.6},
    ),
    "fear": Emotion(
        {"mouthStretch": 0.9, "jawOpen": 0.25, "mouthLowerDown": 0.5, "browOuterUp": 0.2},
        {"eyeWide": 1.2, "browInnerUp": 1.2, "browDown": 0.2},
        {"mouthFrown": 0.6, "noseSneer": 0.4, "mouthUpperUp": 0.5},
    ),
    "surprise": Emotion(
        {"jawOpen": 0.5, "mouthFunnel": 0.15, "browOuterUp": 0.35},
        {"eyeWide": 1.2, "browOuterUp": 0.7, "browInnerUp": 1.0},
        {"mouthSmile": 0.5, "mouthStretch": 0.5, "mouthUpperUp": 0.4},
    ),
    "anger": Emotion(
        {"mouthPress": 0.9, "browDown": 0.3, "mouthRollLower": 0.4, "mouthFrown": 0.3},
        {"browDown": 0.9, "eyeSquint": 0.9, "eyeWide": 0.4},
        {"noseSneer": 0.7, "mouthUpperUp": 0.6, "jawOpen": 0.15},
    ),
    "sadness": Emotion(
        {"mouthFrown": 1.0, "mouthShrugLower": 0.6, "mouthPucker": 0.2},
        {"browInnerUp": 1.3, "browDown": 0.4, "eyeSquint": 0.6, "eyeBlink": 0.25},
        {"mouthStretch": 0.6, "noseSneer": 0.5, "mouthUpperUp": 0.4},
    ),
}


class Cues(NamedTuple):
    """The latent cues of one expression, in standard deviations of their noise.

    Attributes:
        asymmetry: Difference between the sides of the face; higher in posed expressions.
        eyes: Involvement of the upper face; higher in spontaneous expressions.
        amplitude: Strength of the apex; higher in posed expressions.
        blend: Actions beyond the prototype; higher in spontaneous expressions.
    """

    asymmetry: float
    eyes: float
    amplitude: float
    blend: float


POSED_SIGN = Cues(asymmetry=1, eyes=-1, amplitude=1, blend=-1)


def sample_cues(rng: np.random.Generator, label: str, strength: float) -> Cues:
    """Sample the cues of one expression; ``rng`` advances by the same amount for every label."""
    shift = class_mean(label, strength) * np.array(POSED_SIGN)
    return Cues(*(float(cue) for cue in shift + rng.standard_normal(len(Cues._fields))))


def class_mean(label: str, strength: float) -> float:
    """Return the mean of a cue that is higher in posed expressions, in standard deviations."""
    sign = 1 if label == "posed" else -1
    return strength * sign * SHIFT


def apex_weights(
    rng: np.random.Generator, emotion: str, cues: Cues, intensity: float = 1.0
) -> dict[str, float]:
    """Compute the weights of the expression units for an emotion and its cues.

    Args:
        rng: Selects the stronger side, and varies the weights from expression to expression.
        emotion: A key of ``EMOTIONS``.
        cues: The latent cues.
        intensity: Intensity of the expression, 0 (onset) to 1 (apex).

    Returns:
        Weight, 0 or more, of each ``expression/<unit>``.
    """
    amplitude = scaled_sigmoid(cues.amplitude, 0.4, 1.25)
    stronger_side = 1 if rng.uniform() < LEFT_SHARE else -1
    imbalance = scaled_sigmoid(cues.asymmetry, 0.0, 0.6) * stronger_side
    parts = EMOTIONS[emotion]
    total: dict[str, float] = {}
    for units, weight in (
        (parts.prototype, amplitude),
        (parts.eyes, scaled_sigmoid(cues.eyes, 0.0, 1.15)),
        (parts.blend, scaled_sigmoid(cues.blend, 0.0, 1.0)),
    ):
        variation = np.exp(VARIABILITY * rng.standard_normal(len(units)))
        for (unit, share), factor in zip(units.items(), variation, strict=True):
            total[unit] = total.get(unit, 0.0) + share * weight * float(factor) * intensity
    weights = split_sides(total, float(imbalance))
    return {unit: float(MAX_WEIGHT * np.tanh(w / MAX_WEIGHT)) for unit, w in weights.items()}


def split_sides(units: Mapping[str, float], imbalance: float) -> dict[str, float]:
    """Apply the weight of each unit to its left and its right side.

    Args:
        units: Weights of units by name without side.
        imbalance: -1 to 1. The left side gets ``1 + imbalance`` times the weight, the right side
            ``1 - imbalance`` times.
    """
    weights = {}
    for unit, weight in units.items():
        if unit in CENTRAL_UNITS:
            weights[f"expression/{unit}"] = weight
        else:
            for side, factor in zip(SIDES, (1 + imbalance, 1 - imbalance), strict=True):
                weights[f"expression/{unit}{side}"] = weight * factor
    return weights


def scaled_sigmoid(latent: float, low: float, high: float) -> float:
    """Map a latent cue to a value between ``low`` and ``high``."""
    return float(low + (high - low) / (1 + np.exp(-STEEPNESS * latent)))
