"""Generates the pairs and clips of a subject, each from its own random stream."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from posed_spontaneous.faces.arrays import Floats, Image
from posed_spontaneous.faces.capture import (
    FrameConditions,
    Studio,
    crop_by_eyes,
    interpolate,
    sample_conditions,
    sample_studio,
    vary_studio,
)
from posed_spontaneous.faces.dynamics import Rise, sample_rise
from posed_spontaneous.faces.expression import EMOTIONS, LABELS, Cues, apex_weights, sample_cues
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import Subject, sample_subject
from posed_spontaneous.faces.landmarks import project_landmarks
from posed_spontaneous.faces.renderer import render

CLIP = 1
"""Last part of the key of a clip's random stream, so that pairs do not depend on clips."""


@dataclass(frozen=True)
class Recipe:
    """The parameters that determine the images, see ``generate_faces``.

    Attributes:
        pairs: Number of pairs of each label, in the order of ``LABELS``.
        clip_frames: Number of frames of a clip; 0 for no clips.
    """

    subjects: int
    strength: float
    nuisance: float
    seed: int
    size: int
    pairs: tuple[int, ...]
    clip_frames: int = 0

    def counts(self, subject: int) -> list[int]:
        """Return the number of pairs of each label that a subject shows.

        If the pairs do not divide evenly, the first subjects show one more.
        """
        shares = (divmod(count, self.subjects) for count in self.pairs)
        return [each + (subject < remainder) for each, remainder in shares]


@dataclass(frozen=True)
class GeneratedPair:
    """One pair of a subject.

    Attributes:
        name: For example ``f017-happiness-posed``, and ``f017-happiness-posed-1`` for the next
            pair of this subject with the same emotion and label.
        subject: The subject.
        emotion: A key of ``EMOTIONS``.
        label: One of ``LABELS``.
        onset: Gray image of the onset, ``(size, size)``, uint8.
        apex: Gray image of the apex, ``(size, size)``, uint8.
        cues: The cues that depend on the label.
        landmarks: Landmarks of onset and apex, ``(2, 68, 2)``; see ``faces.landmarks``.
        clip: Frames from onset to apex, ``(clip_frames, size, size)``, uint8; None without clips.
    """

    name: str
    subject: Subject
    emotion: str
    label: str
    onset: Image
    apex: Image
    cues: Cues
    landmarks: Floats
    clip: Image | None


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
        """Render one frame at an intensity of 0 (onset) to 1 (apex), with grain from ``rng``.

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
        """Render a clip of ``count`` frames at equal steps in time, with grain from ``rng``.

        Args:
            rng: Samples the grain.
            rise: How the expression grows.
            onset: The first image, ``(size, size)``.
            apex: The last image, ``(size, size)``.
            count: Number of frames n, 2 or more.

        Returns:
            Gray images, ``(n, size, size)``, uint8.
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


def generate_pairs(pack: HeadPack, recipe: Recipe, number: int) -> Iterator[GeneratedPair]:
    """Generate the pairs of a subject, numbered from 0, in the order of take, emotion and label."""
    rng = _random_stream(recipe.seed, number)
    subject = sample_subject(rng, pack, number)
    studio = sample_studio(rng, subject.skin)
    counts = recipe.counts(number)
    for turn in range(max(counts)):
        take, emotion = divmod(turn, len(EMOTIONS))
        for label, count in enumerate(counts):
            if turn < count:
                key = (number, emotion, label, take)
                yield _generate_pair(pack, recipe, subject, studio, key)


def _generate_pair(
    pack: HeadPack,
    recipe: Recipe,
    subject: Subject,
    studio: Studio,
    key: tuple[int, int, int, int],
) -> GeneratedPair:
    *_, emotion_number, label_number, take = key
    emotion, label = list(EMOTIONS)[emotion_number], LABELS[label_number]
    # The key of take 0 has no number for the take.
    rng = _random_stream(recipe.seed, *(key if take else key[:-1]))
    cues = sample_cues(rng, label, recipe.strength)
    # From here on, the label has an influence only through the cues.
    studio = vary_studio(rng, studio)
    onset, apex = (sample_conditions(rng, studio, recipe.nuisance) for _ in range(2))
    # All intensities show the same expression, so they repeat the random numbers of the apex.
    before = copy.deepcopy(rng)
    apex_weights(rng, emotion, cues)

    def weights(intensity: float) -> dict[str, float]:
        return apex_weights(copy.deepcopy(before), emotion, cues, intensity)

    scene = Scene(pack, subject, onset, apex, weights, recipe.size)
    onset_image, onset_landmarks = scene.render_frame(rng, onset, 0.0)
    apex_image, apex_landmarks = scene.render_frame(rng, apex, 1.0)
    images, landmarks = (onset_image, apex_image), np.stack([onset_landmarks, apex_landmarks])
    clip = None
    if recipe.clip_frames:
        rng = _random_stream(recipe.seed, *key, CLIP)
        rise = sample_rise(rng, label, recipe.strength)
        clip = scene.render_clip(rng, rise, *images, recipe.clip_frames)
    name = f"{subject.name}-{emotion}-{label}" + (f"-{take}" if take else "")
    return GeneratedPair(name, subject, emotion, label, *images, cues, landmarks, clip)


def _random_stream(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
