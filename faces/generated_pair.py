"""Generates the pairs of a subject, each from its own random stream."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from posed_spontaneous.faces.arrays import Floats, Image
from posed_spontaneous.faces.capture import Studio, sample_conditions, sample_studio, vary_studio
from posed_spontaneous.faces.dynamics import sample_rise
from posed_spontaneous.faces.expression import EMOTIONS, LABELS, Cues, apex_weights, sample_cues
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import Subject, sample_subject
from posed_spontaneous.faces.scene import Scene

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


def generate_pairs(pack: HeadPack, recipe: Recipe, number: int) -> Iterator[GeneratedPair]:
    """Generate all pairs of a subject.

    Args:
        pack: The head pack.
        recipe: The parameters.
        number: Number of the subject, from 0.

    Yields:
        The pairs, by take, emotion and label.
    """
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
