"""One pair or clip, ready to be rendered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from posed_spontaneous.faces.arrays import Floats, Image
from posed_spontaneous.faces.capture import FrameConditions, crop_by_eyes, interpolate
from posed_spontaneous.faces.dynamics import Rise
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import Subject
from posed_spontaneous.faces.landmarks import project_landmarks
from posed_spontaneous.faces.renderer import render


@dataclass(frozen=True)
class Scene:
    """Everything that determines the frames of a pair, except their grain.

    Attributes:
        pack: The head pack.
        subject: The subject.
        onset: Recording conditions of the onset frame.
        apex: Recording conditions of the apex frame.
        weights: Maps an intensity, 0 (onset) to 1 (apex), to weights of expression units.
        size: Width and height of an image in pixels.
    """

    pack: HeadPack
    subject: Subject
    onset: FrameConditions
    apex: FrameConditions
    weights: Callable[[float], Mapping[str, float]]
    size: int

    @cached_property
    def crop(self) -> Floats:
        """The crop by the eyes of the onset, ``(2, 3)``, used for every frame.

        Aligning each frame by its own eyes would remove its motion.
        """
        return crop_by_eyes(self.pack, self._pose_head(self.onset, 0.0), self.onset.camera)

    def render_frame(
        self, rng: np.random.Generator, conditions: FrameConditions, intensity: float
    ) -> tuple[Image, Floats]:
        """Render one frame.

        Args:
            rng: Samples the grain.
            conditions: Recording conditions of the frame.
            intensity: Intensity of the expression, 0 (onset) to 1 (apex).

        Returns:
            The gray image, ``(size, size)``, and its landmarks in pixels, ``(68, 2)``.
        """
        camera, light = conditions.camera, conditions.light
        head = self._pose_head(conditions, intensity)
        crop = self.crop.copy()
        crop[:, 2] += conditions.shift
        size = (self.size, self.size)
        gray = render(self.pack, head, self.subject.skin, camera, light, crop, size)
        noisy = gray + conditions.grain * rng.standard_normal(gray.shape)
        image = np.asarray(np.clip(np.round(255 * noisy), 0, 255), dtype=np.uint8)
        return image, project_landmarks(head, camera, crop, self.size)

    def render_clip(
        self, rng: np.random.Generator, rise: Rise, onset: Image, apex: Image, count: int
    ) -> Image:
        """Render a clip at equal steps in time, between an onset and an apex image.

        Args:
            rng: Samples the grain of each new frame.
            rise: How the expression grows.
            onset: The first image, ``(size, size)``.
            apex: The last image, ``(size, size)``.
            count: Number of frames including onset and apex, 2 or more.

        Returns:
            Gray images, ``(count, size, size)``, uint8.
        """
        times = np.linspace(0, 1, count)[1:-1]
        # Everything except the expression starts and ends at rest, whatever the label.
        shares = times * times * (3 - 2 * times)
        frames = [
            self.render_frame(rng, interpolate(self.onset, self.apex, share), intensity)[0]
            for share, intensity in zip(
                shares.tolist(), rise.intensity(times).tolist(), strict=True
            )
        ]
        return np.stack([onset, *frames, apex])

    def _pose_head(self, conditions: FrameConditions, intensity: float) -> Floats:
        head = self.subject.neutral.copy()
        self.pack.shapes.add(head, self.weights(intensity))
        self.pack.shapes.add(head, conditions.units)
        return head
