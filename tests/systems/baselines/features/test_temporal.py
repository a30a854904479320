"""Interpolation in time against the model's own route: Laplacian, embedding, inverse map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.systems.baselines.features import interpolate_clips


def clip(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (frames, 5, 4)).astype(np.uint8)


def interpolate_by_embedding(frames: np.ndarray, length: int) -> np.ndarray:
    """The model step by step: needs frames that are linearly independent."""
    count = len(frames)
    rows = frames.reshape(count, -1).T.astype(float)
    mean = rows.mean(axis=1, keepdims=True)
    path = np.diag(np.ones(count - 1), 1)
    path += path.T
    _, vectors = np.linalg.eigh(np.diag(path.sum(axis=1)) - path)
    embedding = vectors[:, 1:].T
    left, values, right = np.linalg.svd(rows - mean, full_matrices=False)
    left, reduced = left[:, : count - 1], values[: count - 1, None] * right[: count - 1]
    wave = np.arange(1, count)[:, None]

    def curve(position: np.ndarray) -> np.ndarray:
        return np.sin(np.pi * wave * position + np.pi * (count - wave) / (2 * count))

    # An eigenvector's sign and length are free; those of the curve are taken.
    embedding *= (curve(np.arange(1, count + 1) / count) * embedding).sum(axis=1, keepdims=True)
    onto_the_curve = embedding @ np.linalg.pinv(reduced)
    places = curve(np.linspace(1 / count, 1, length))
    result = left @ np.linalg.inv(onto_the_curve) @ places + mean
    return result.T.reshape(length, *frames.shape[1:])


@pytest.mark.parametrize(("frames", "length"), [(2, 10), (5, 10), (10, 10), (12, 7)])
def test_the_shortcut_equals_the_model(frames: int, length: int) -> None:
    np.testing.assert_allclose(
        interpolate_clips([clip(frames)], length)[0],
        interpolate_by_embedding(clip(frames), length),
        atol=1e-2,
    )


@settings(max_examples=30, deadline=None)
@given(frames=st.integers(2, 15), between=st.integers(1, 4))
def test_frames_are_reproduced_at_their_own_places(frames: int, between: int) -> None:
    result = interpolate_clips([clip(frames)], (frames - 1) * between + 1)[0]
    np.testing.assert_allclose(result[::between], clip(frames), atol=1e-2)


def test_two_frames_fade_by_half_a_cosine() -> None:
    two = np.stack([np.zeros((1, 1)), np.full((1, 1), 100)])
    result = interpolate_clips([two], 3)[0].ravel()
    np.testing.assert_allclose(result, [0, 50, 100], atol=1e-4)
    quarter = interpolate_clips([two], 5)[0, 1, 0, 0]
    assert quarter == pytest.approx(50 - 50 * np.cos(np.pi / 4 + np.pi / 8) / np.cos(np.pi / 4))


@pytest.mark.parametrize("count", [1, 2, 9])
def test_repeated_frames_stay(count: int) -> None:
    still = np.repeat(clip(1), count, axis=0)
    np.testing.assert_allclose(
        interpolate_clips([still])[0], np.repeat(still[:1], 10, 0), atol=1e-2
    )


def test_lengths_may_differ_and_sizes_may_not() -> None:
    result = interpolate_clips([clip(3), clip(14)], 6)
    assert result.shape == (2, 6, 5, 4)
    assert result.dtype == np.float32
    assert interpolate_clips([]).shape == (0, 10, 0, 0)
    for faulty in (clip(3)[:, 1:], clip(3)[0], clip(3)[:0]):
        with pytest.raises(InputError, match="clips, row 1"):
            interpolate_clips([clip(3), faulty])
    with pytest.raises(InputError, match="length is 1"):
        interpolate_clips([clip(3)], 1)
