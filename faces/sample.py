"""The pairs of a subject: each from a random stream of its own, so order and process are moot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faces.capture import Frame, Setting, crop_by_eyes, draw_frame, draw_setting, vary
from faces.expression import EMOTIONS, LABELS, Cues, apex_weights, draw_cues
from faces.head_pack import HeadPack
from faces.identity import Subject, draw_subject
from faces.renderer import render

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Recipe:
    """The parameters that decide what is drawn; see :func:`faces.generate_faces`.

    ``pairs`` holds the number of pairs of each label, in the order of ``LABELS``.
    """

    subjects: int
    strength: float
    nuisance: float
    seed: int
    size: int
    pairs: tuple[int, ...]

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
        onset: Gray picture of 8 bits, shape (size, size).
        apex: The same at the height of the expression.
        cues: What tells the label.
        take: How many pairs of this emotion and label the subject has shown before.
    """

    subject: Subject
    emotion: str
    label: str
    take: int
    onset: Picture
    apex: Picture
    cues: Cues

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
                onset, apex = draw_pair(stream, pack, subject, studio, emotion, cues, recipe)
                yield Sample(subject, emotion, label, take, onset, apex, cues)


def draw_pair(
    rng: np.random.Generator,
    pack: HeadPack,
    subject: Subject,
    studio: Setting,
    emotion: str,
    cues: Cues,
    recipe: Recipe,
) -> tuple[Picture, Picture]:
    """Draw the onset and the apex; the label is known to neither but through the apex's cues."""
    setting = vary(rng, studio)
    frames = [draw_frame(rng, setting, recipe.nuisance) for _ in range(2)]
    action = apex_weights(rng, emotion, cues)
    heads = []
    for frame, weights in zip(frames, ({}, action), strict=True):
        head = subject.neutral.copy()
        pack.shapes.add(head, weights)
        pack.shapes.add(head, frame.units)
        heads.append(head)
    # Both are cut by the onset's eyes: an apex aligned by itself would lose its own motion.
    crop = crop_by_eyes(pack, heads[0], frames[0].camera)
    onset, apex = (
        _photograph(rng, pack, head, subject, frame, crop, recipe.size)
        for head, frame in zip(heads, frames, strict=True)
    )
    return onset, apex


def _photograph(
    rng: np.random.Generator,
    pack: HeadPack,
    head: NDArray[np.float32],
    subject: Subject,
    frame: Frame,
    crop: NDArray[np.float32],
    size: int,
) -> Picture:
    moved = crop.copy()
    moved[:, 2] += frame.shift
    picture = render(pack, head, subject.skin, frame.camera, frame.light, moved, (size, size))
    noisy = picture + frame.grain * rng.standard_normal(picture.shape)
    return np.asarray(np.clip(np.round(255 * noisy), 0, 255), dtype=np.uint8)


def _stream(*key: int) -> np.random.Generator:
    """The random stream of a seed and, within it, of a subject or one of its samples."""
    return np.random.default_rng(np.random.SeedSequence(key[0], spawn_key=key[1:]))
