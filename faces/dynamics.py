"""How an expression grows from onset to apex, which a clip shows and a pair does not.

Posed and spontaneous clips differ in two more cues, which are distributed as those of
``faces.expression``:

* ``speed``: deliberate smiles and brow raises start faster than spontaneous ones of the same
  persons (Schmidt, Ambadar, Cohn & Reed 2006; Schmidt, Bhattacharya & Denlinger 2009). The cue
  in other actions is an assumption of this generator.
* ``jerk``: felt smiles grow smoothly, others irregularly (Frank & Ekman 1993), which is rendered
  as growth in steps. The cue in other emotions is an assumption, too.

References:
    Frank & Ekman 1993, Humor 6.
    Schmidt, Ambadar, Cohn & Reed 2006, J. Nonverbal Behavior 30.
    Schmidt, Bhattacharya & Denlinger 2009, J. Nonverbal Behavior 33.
"""

from typing import NamedTuple

import numpy as np

from posed_spontaneous.faces.arrays import Doubles
from posed_spontaneous.faces.expression import class_mean, scaled_sigmoid

SLOWEST, FASTEST = 3.0, 16.0
"""Steepness: the slope at the middle of the rise is a quarter of it, per length of the clip."""
DEEPEST_STEP = 0.9
"""Largest share of the speed that is lost between two steps; at 1 the face would not move."""
STEPS = 2


class Rise(NamedTuple):
    """The rise of one expression from onset to apex.

    Attributes:
        speed: Latent cue in standard deviations; higher in posed expressions.
        jerk: Latent cue in standard deviations; higher in posed expressions.
        middle: Time of the steepest rise, as a share of the clip.
        phase: Position of the steps, in radians.
    """

    speed: float
    jerk: float
    middle: float
    phase: float

    def intensity(self, time: Doubles) -> Doubles:
        """Compute the intensity of the expression, which increases from 0 to 1.

        Args:
            time: 0 (onset) to 1 (apex), of any shape.
        """
        steepness = scaled_sigmoid(self.speed, SLOWEST, FASTEST)
        start, end, now = (
            1 / (1 + np.exp(-steepness * (moment - self.middle))) for moment in (0.0, 1.0, time)
        )
        smooth = (now - start) / (end - start)
        # The number of turns is whole, so that the steps begin and end with the rise. Since
        # DEEPEST_STEP is below 1, the ripple never falls faster than the rise increases.
        turns = 2 * np.pi * STEPS
        ripple = np.sin(turns * smooth + self.phase) - np.sin(self.phase)
        return np.asarray(smooth - scaled_sigmoid(self.jerk, 0.0, DEEPEST_STEP) * ripple / turns)


def sample_rise(rng: np.random.Generator, label: str, strength: float) -> Rise:
    """Sample the rise of one expression; ``rng`` advances by the same amount for every label."""
    speed, jerk = class_mean(label, strength) + rng.standard_normal(2)
    return Rise(float(speed), float(jerk), rng.uniform(0.4, 0.6), rng.uniform(0, 2 * np.pi))
