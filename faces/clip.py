"""A clip from the onset of an expression to its apex."""

from __future__ import annotations

import numpy as np

from posed_spontaneous.faces.capture import between
from posed_spontaneous.faces.dynamics import Rise
from posed_spontaneous.faces.scene import Picture, Scene


def film(
    rng: np.random.Generator, scene: Scene, rise: Rise, onset: Picture, apex: Picture, count: int
) -> Picture:
    """Photograph what lies between onset and apex, at equal steps in time.

    Args:
        rng: Draws the grain of the frames between, each anew.
        scene: The pair.
        rise: How the expression grows.
        onset: The pair's first picture, shape (size, size).
        apex: The pair's last picture, shape (size, size).
        count: Number of frames n with onset and apex, 2 or more.

    Returns:
        Gray pictures of 8 bits, shape (n, size, size): the onset, what follows, the apex.
    """
    times = np.linspace(0, 1, count)[1:-1]
    # What is not the expression moves from rest to rest, whatever the label.
    shares = times * times * (3 - 2 * times)
    passed = [
        scene.shoot(rng, between(scene.onset, scene.apex, share), intensity).picture
        for share, intensity in zip(shares.tolist(), rise.intensity(times).tolist(), strict=True)
    ]
    return np.stack([onset, *passed, apex])
