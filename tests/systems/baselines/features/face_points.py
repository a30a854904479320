"""A neutral face of 68 points, drawn by hand in a 44x44 image; its eyes are 18 pixels apart."""

import numpy as np
from numpy.typing import NDArray

EYE_DISTANCE = 18


def _line(start: tuple[float, float], stop: tuple[float, float], count: int) -> list[list[float]]:
    return np.linspace(start, stop, count).tolist()


def _ellipse(
    middle: tuple[float, float], radii: tuple[float, float], degrees: NDArray[np.float64]
) -> list[list[float]]:
    angles = np.deg2rad(degrees)
    return (np.array(middle) + np.stack([np.cos(angles), np.sin(angles)], 1) * radii).tolist()


# Angles run from right by way of below.
NEUTRAL = np.array(
    _ellipse((22, 20), (16, 21), np.linspace(180, 0, 17))  # jaw
    + _line((8, 12), (18, 11), 5)
    + _line((26, 11), (36, 12), 5)  # brows
    + _line((22, 16), (22, 24), 4)
    + _line((18.5, 26), (25.5, 26), 5)  # nose
    + _ellipse((13, 16), (3, 1.5), np.array([180, 240, 300, 0, 60, 120]))
    + _ellipse((31, 16), (3, 1.5), np.array([180, 240, 300, 0, 60, 120]))  # eyes
    + _ellipse((22, 32), (6, 2.5), np.arange(180, 540, 30))
    + _ellipse((22, 32), (4, 0.5), np.arange(180, 540, 45)),  # lips
    np.float32,
)


def faces(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Neutral faces with points off by some tenths of a pixel, ``(count, 68, 2)``."""
    noise = np.random.default_rng(seed).normal(scale=0.3, size=(count, 68, 2))
    return (NEUTRAL + noise).astype(np.float32)


def move(
    points: NDArray[np.float32], *, scale: float, degrees: float, shift: tuple[float, float]
) -> NDArray[np.float32]:
    """Points under a similarity."""
    cos, sin = scale * np.cos(np.deg2rad(degrees)), scale * np.sin(np.deg2rad(degrees))
    return (points @ np.array([[cos, sin], [-sin, cos]]) + shift).astype(np.float32)
