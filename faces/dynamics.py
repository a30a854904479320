"""How an expression grows from its onset to its apex: what a clip shows and a pair does not.

Two cues beyond those of ``faces.expression``, which follow the same law:

* ``speed``: deliberate smiles and brow raises start faster than the spontaneous ones of the same
  persons (Schmidt, Ambadar, Cohn & Reed 2006; Schmidt, Bhattacharya & Denlinger 2009). Carrying
  it over to other actions is an assumption of this generator.
* ``jerk``: felt smiles grow smoothly, others irregularly (Frank & Ekman 1993), which is rendered
  as growth in steps; carrying it over to other emotions is an assumption, too.

References:
    Frank & Ekman 1993, Humor 6.
    Schmidt, Ambadar, Cohn & Reed 2006, J. Nonverbal Behavior 30.
    Schmidt, Bhattacharya & Denlinger 2009, J. Nonverbal Behavior 33.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.expression import displacement, squash

SLOWEST, FASTEST = 3.0, 16.0
"""Steepness of the rise: at its middle it grows by a quarter of this per length of the clip."""
DEEPEST_STEP = 0.9
"""Share of the speed that is lost between two steps; at 1 the face would stand still."""
STEPS = 2


class Rise(NamedTuple):
    """The way of one expression from its onset to its apex.

    Attributes:
        speed: Latent cue in standard deviations; posed lies higher.
        jerk: Latent cue in standard deviations; posed lies higher.
        middle: When the rise is steepest, as a share of the clip.
        phase: Where the steps lie, radians.
    """

    speed: float
    jerk: float
    middle: float
    phase: float

    def intensity(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the expression stands, rising from 0 at the onset to 1 at the apex.

        Args:
            time: Shares of the clip, 0..1, of any shape.
        """
        steepness = squash(self.speed, SLOWEST, FASTEST)
        start, end, now = (
            1 / (1 + np.exp(-steepness * (moment - self.middle))) for moment in (0.0, 1.0, time)
        )
        grown = (now - start) / (end - start)
        # Whole turns, so that the steps begin and end with the rise; never backwards, since the
        # ripple falls at most DEEPEST_STEP times as fast as the rise climbs.
        turns = 2 * np.pi * STEPS
        ripple = np.sin(turns * grown + self.phase) - np.sin(self.phase)
        return np.asarray(grown - squash(self.jerk, 0.0, DEEPEST_STEP) * ripple / turns)


def draw_rise(rng: np.random.Generator, label: str, strength: float) -> Rise:
    """Draw the rise of one expression.

    Args:
        rng: Advanced by the same number of draws whatever the label.
        label: One of ``faces.expression.LABELS``.
        strength: How far the classes part, 0 or more; at 0 they are one law.
    """
    speed, jerk = displacement(label, strength) + rng.standard_normal(2)
    return Rise(float(speed), float(jerk), rng.uniform(0.4, 0.6), rng.uniform(0, 2 * np.pi))
