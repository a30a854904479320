"""The pairs of a subject: each from a random stream of its own, so order and process are moot."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.faces.capture import Setting, draw_frame, draw_setting, vary
from posed_spontaneous.faces.clip import film
from posed_spontaneous.faces.dynamics import draw_rise
from posed_spontaneous.faces.expression import EMOTIONS, LABELS, Cues, apex_weights, draw_cues
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import Subject, draw_subject
from posed_spontaneous.faces.scene import Picture, Scene

CLIP = 1
"""Ends the key of a clip's own random stream, so that a pair is the same with and without."""


@dataclass(frozen=True)
class Recipe:
    """The parameters that decide what is drawn; see ``generate_faces``.

    ``pairs`` holds the number of pairs of each label, in the order of ``LABELS``;
    ``clip_frames`` is 0 for no clips.
    """

    subjects: int
    strength: float
    nuisance: float
    seed: int
    size: int
    pairs: tuple[int, ...]
    clip_frames: int = 0

    def share(self, number: int, label_number: int) -> int:
        """How many pairs of a label subject ``number`` shows; the first take what is left over."""
        each, left = divmod(self.pairs[label_number], self.subjects)
        return each + (number < left)


@dataclass(frozen=True)
class Sample:
    """One pair of a subject.

    Attributes:
        subject: Who.
        emotion: A key of ``EMOTIONS``.
        label: One of ``LABELS``.
        take: How many pairs of this emotion and label the subject has shown before.
        onset: Gray picture of 8 bits, shape (size, size).
        apex: The same at the height of the expression.
        cues: What tells the label.
        landmarks: Of the onset and of the apex, shape (2, 68, 2); see ``faces.landmarks``.
        clip: Frames from the onset to the apex, shape (n, size, size), if clips are drawn.
    """

    subject: Subject
    emotion: str
    label: str
    take: int
    onset: Picture
    apex: Picture
    cues: Cues
    landmarks: NDArray[np.float32]
    clip: Picture | None

    @property
    def name(self) -> str:
        """Such as ``f017-happiness-posed``, and ``f017-happiness-posed-1`` for the next take."""
        return f"{self.subject.name}-{self.emotion}-{self.label}" + f"-{self.take}" * bool(
            self.take
        )


def draw_samples(pack: HeadPack, recipe: Recipe, number: int) -> Iterator[Sample]:
    """Draw all pairs of subject ``number``: the emotions in turn, posed and spontaneous."""
    rng = _stream(recipe.seed, number)
    subject = draw_subject(rng, pack, number)
    studio = draw_setting(rng, subject.skin)
    emotions = list(EMOTIONS)
    for turn in range(max(recipe.share(number, label) for label in range(len(LABELS)))):
        take, emotion_number = divmod(turn, len(emotions))
        for label_number, label in enumerate(LABELS):
            if turn < recipe.share(number, label_number):
                # The first take's stream has no number of its own.
                takes = (take,) if take else ()
                stream = _stream(recipe.seed, number, emotion_number, label_number, *takes)
                cues = draw_cues(stream, label, recipe.strength)
                emotion = emotions[emotion_number]
                scene = _draw_scene(stream, pack, subject, studio, emotion, cues, recipe)
                onset = scene.shoot(stream, scene.onset, 0.0)
                apex = scene.shoot(stream, scene.apex, 1.0)
                ends = onset.picture, apex.picture
                places = np.stack([onset.landmarks, apex.landmarks])
                clip = None
                if recipe.clip_frames:
                    own = _stream(recipe.seed, number, emotion_number, label_number, take, CLIP)
                    rise = draw_rise(own, label, recipe.strength)
                    clip = film(own, scene, rise, *ends, recipe.clip_frames)
                yield Sample(subject, emotion, label, take, *ends, cues, places, clip)


def _draw_scene(
    rng: np.random.Generator,
    pack: HeadPack,
    subject: Subject,
    studio: Setting,
    emotion: str,
    cues: Cues,
    recipe: Recipe,
) -> Scene:
    """Draw a pair; the label is known to neither frame but through the apex's cues."""
    setting = vary(rng, studio)
    onset, apex = (draw_frame(rng, setting, recipe.nuisance) for _ in range(2))
    # Every intensity shows the same expression, so each repeats the draws of the apex.
    again = copy.deepcopy(rng)
    apex_weights(rng, emotion, cues)

    def weights(intensity: float) -> dict[str, float]:
        return apex_weights(copy.deepcopy(again), emotion, cues, intensity)

    return Scene(pack, subject, onset, apex, weights, recipe.size)


def _stream(*key: int) -> np.random.Generator:
    """The random stream of a seed and, within it, of a subject or one of its samples."""
    return np.random.default_rng(np.random.SeedSequence(key[0], spawn_key=key[1:]))
