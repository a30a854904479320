"""One pair before it is photographed: who shows what, and how it is filmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.capture import Frame, crop_by_eyes
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import Subject
from posed_spontaneous.faces.landmarks import locate
from posed_spontaneous.faces.renderer import render

Picture = NDArray[np.uint8]


class Shot(NamedTuple):
    """A photograph.

    Attributes:
        picture: Gray picture of 8 bits, shape (size, size).
        landmarks: Where its landmarks lie in pixels, shape (68, 2); see ``faces.landmarks``.
    """

    picture: Picture
    landmarks: NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """Everything drawn of a pair but the grain of its photographs.

    Attributes:
        pack: The head pack.
        subject: Who.
        onset: How the first frame is filmed.
        apex: How the last frame is filmed.
        weights: From an intensity, 0 (onset) to 1 (apex), to the weights of expression units.
        size: Width and height of a picture in pixels.
    """

    pack: HeadPack
    subject: Subject
    onset: Frame
    apex: Frame
    weights: Callable[[float], Mapping[str, float]]
    size: int

    @cached_property
    def crop(self) -> NDArray[np.float32]:
        """The cut by the onset's eyes, (2, 3), for every frame.

        A frame aligned by itself would lose its own motion.
        """
        return crop_by_eyes(self.pack, self._head(self.onset, 0.0), self.onset.camera)

    def shoot(self, rng: np.random.Generator, frame: Frame, intensity: float) -> Shot:
        """Photograph the subject.

        Args:
            rng: Draws the grain.
            frame: How it is filmed.
            intensity: Where between onset (0) and apex (1) the expression stands.
        """
        head = self._head(frame, intensity)
        crop = self.crop.copy()
        crop[:, 2] += frame.shift
        size = (self.size, self.size)
        picture = render(self.pack, head, self.subject.skin, frame.camera, frame.light, crop, size)
        noisy = picture + frame.grain * rng.standard_normal(picture.shape)
        return Shot(
            np.asarray(np.clip(np.round(255 * noisy), 0, 255), dtype=np.uint8),
            locate(head, frame.camera, crop, self.size),
        )

    def _head(self, frame: Frame, intensity: float) -> NDArray[np.float32]:
        head = self.subject.neutral.copy()
        self.pack.shapes.add(head, self.weights(intensity))
        self.pack.shapes.add(head, frame.units)
        return head
