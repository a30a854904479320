"""From an emotion and a class to the weights of expression units at the apex.

Posed and spontaneous apexes differ by four cues, and by nothing else:

* ``asymmetry``: deliberate facial actions are more often and more strongly asymmetric than
  emotional ones (Ekman, Hager & Friesen 1981).
* ``eyes``: felt smiles involve orbicularis oculi, which raises the cheek and narrows the eye
  (Ekman & Friesen 1982; Ekman, Davidson & Friesen 1990). Some upper-face actions of sadness,
  fear and anger are likewise hard to make at will (Ekman, Roper & Hager 1980; Ekman 2003).
  Carrying the cue over to surprise and disgust is an assumption of this generator.
* ``amplitude``: spontaneous smiles are of smaller amplitude than deliberate ones (Cohn &
  Schmidt 2004; Schmidt, Bhattacharya & Denlinger 2009). Carrying it over to the other
  emotions is an assumption of this generator.
* ``blend``: posed expressions are closer to the prototype, and better recognised, than
  spontaneous ones (Motley & Camden 1988), which is rendered as actions beyond the prototype.

A latent cue is ``strength * sign(class) * SHIFT + noise`` with standard normal noise that knows
nothing of the class: at strength 0 the classes are one law, and they part as strength grows. A
cue reaches the face through a squashing function, so no strength can break a face.

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

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

LABELS = ("posed", "spontaneous")
SIDES = ("Left", "Right")
SHIFT = 0.45
"""Half the distance of the class means of a latent at strength 1, in standard deviations."""
LEFT_SHARE = 0.8
"""Share of expressions that are stronger on the subject's left, in either class: where Ekman,
Hager & Friesen (1981) saw most asymmetric deliberate smiles; the figure is an assumption."""
STEEPNESS = 1.5
"""Slope of the squashing from a latent cue to the face."""
VARIABILITY = 0.12
"""Standard deviation of the logarithm of a unit's weight from one expression to the next."""
CEILING = 0.95
"""Weight that no unit exceeds: a muscle saturates, and the shapes hold up to about there."""
CENTRAL_UNITS = frozenset(
    {"browInnerUp", "cheekPuff", "jawOpen", "mouthFunnel", "mouthPucker", "mouthRollLower",
     "mouthShrugLower", "mouthShrugUpper"}
)  # fmt: skip
"""Units that act on both sides at once; all others here come as a left and a right one."""


class Emotion(NamedTuple):
    """The expression units of an emotion, by stem, with their weights.

    Attributes:
        prototype: What anybody shows at will.
        eyes: The upper-face part that is hard to pose.
        blend: What goes beyond the prototype.
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
        asymmetry: Larger is more lopsided; posed lies higher.
        eyes: Larger is more upper-face involvement; spontaneous lies higher.
        amplitude: Larger is a stronger apex; posed lies higher.
        blend: Larger is more beyond the prototype; spontaneous lies higher.
    """

    asymmetry: float
    eyes: float
    amplitude: float
    blend: float


POSED_SIGN = Cues(asymmetry=1, eyes=-1, amplitude=1, blend=-1)


def draw_cues(rng: np.random.Generator, label: str, strength: float) -> Cues:
    """Draw the latent cues of one expression.

    Args:
        rng: Advanced by the same number of draws whatever the label.
        label: One of ``LABELS``.
        strength: How far the classes part, 0 or more.
    """
    shift = displacement(label, strength) * np.array(POSED_SIGN)
    return Cues(*(float(cue) for cue in shift + rng.standard_normal(len(Cues._fields))))


def displacement(label: str, strength: float) -> float:
    """Mean of a latent cue that lies higher in posed expressions, in standard deviations."""
    sign = 1 if label == "posed" else -1
    return strength * sign * SHIFT


def apex_weights(
    rng: np.random.Generator, emotion: str, cues: Cues, intensity: float = 1.0
) -> dict[str, float]:
    """Weights of the expression units that show an emotion with the given cues.

    Args:
        rng: Draws the stronger side and how this expression departs from the mean one.
        emotion: A key of ``EMOTIONS``.
        cues: The latent cues.
        intensity: Where between onset (0) and apex (1) the expression stands.

    Returns:
        ``expression/<unit>`` to weight, 0 or more.
    """
    amplitude = squash(cues.amplitude, 0.4, 1.25)
    imbalance = squash(cues.asymmetry, 0.0, 0.6) * _stronger_side(rng)
    parts = EMOTIONS[emotion]
    stems: dict[str, float] = {}
    for units, weight in (
        (parts.prototype, amplitude),
        (parts.eyes, squash(cues.eyes, 0.0, 1.15)),
        (parts.blend, squash(cues.blend, 0.0, 1.0)),
    ):
        variation = np.exp(VARIABILITY * rng.standard_normal(len(units)))
        for (stem, share), factor in zip(units.items(), variation, strict=True):
            stems[stem] = stems.get(stem, 0.0) + share * weight * float(factor) * intensity
    weights = sided(stems, float(imbalance))
    return {unit: float(CEILING * np.tanh(weight / CEILING)) for unit, weight in weights.items()}


def sided(stems: Mapping[str, float], imbalance: float) -> dict[str, float]:
    """Give each stem's weight to its left and right unit.

    Args:
        stems: Unit stems to weights.
        imbalance: -1..1; the left side gets ``1 + imbalance`` times the weight, the right
            ``1 - imbalance`` times.
    """
    weights = {}
    for stem, weight in stems.items():
        if stem in CENTRAL_UNITS:
            weights[f"expression/{stem}"] = weight
        else:
            for side, factor in zip(SIDES, (1 + imbalance, 1 - imbalance), strict=True):
                weights[f"expression/{stem}{side}"] = weight * factor
    return weights


def squash(latent: float, low: float, high: float) -> float:
    """Bring a latent cue between two bounds."""
    return float(low + (high - low) / (1 + np.exp(-STEEPNESS * latent)))


def _stronger_side(rng: np.random.Generator) -> int:
    return 1 if rng.uniform() < LEFT_SHARE else -1
