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
    """The parameters that decide what is drawn; see :func:`faces.generate_faces`."""

    subjects: int
    strength: float
    nuisance: float
    seed: int
    size: int


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
    """

    subject: Subject
    emotion: str
    label: str
    onset: Picture
    apex: Picture
    cues: Cues

    @property
    def name(self) -> str:
        """Such as ``f017-happiness-posed``."""
        return f"{self.subject.name}-{self.emotion}-{self.label}"


def draw_samples(pack: HeadPack, recipe: Recipe, number: int) -> Iterator[Sample]:
    """Draw all pairs of subject ``number``: every emotion, posed and spontaneous."""
    rng = _stream(recipe.seed, number)
    subject = draw_subject(rng, pack, number)
    studio = draw_setting(rng, subject.skin)
    for emotion_number, emotion in enumerate(EMOTIONS):
        for label_number, label in enumerate(LABELS):
            stream = _stream(recipe.seed, number, emotion_number, label_number)
            cues = draw_cues(stream, label, recipe.strength)
            onset, apex = draw_pair(stream, pack, subject, studio, emotion, cues, recipe)
            yield Sample(subject, emotion, label, onset, apex, cues)


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
