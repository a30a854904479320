"""Clips of any length brought to one: the temporal interpolation model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.runtime.errors import InputError

Clip = NDArray[Any]
Floats = NDArray[np.float32]


def interpolate_clips(clips: Sequence[Clip], length: int = 10) -> Floats:
    """Clips of equally many frames, spaced equally from the first frame to the last.

    Zhou, Zhao and Pietikainen 2011, as Pfister et al. 2011 use it. Stated: a clip is a path graph,
    the eigenvectors of its Laplacian lay the frames on a curve, a linear map takes the curve back
    to frames, and frames are read off it at any position. Not stated: the length. Chosen: 10.

    The map back need not be fitted: a path's eigenvectors are cosines and span every centred
    sequence, so a frame between frames is one and the same weighting of the frames, whatever they
    show. Hence repeated frames are no trouble, which the model's own route over a singular value
    decomposition excludes.

    Args:
        clips: N clips of frames, each ``(T, H, W)``; T may differ and be 1.
        length: Frames of each clip afterwards, at least 2.

    Returns:
        ``(N, length, H, W)``. Between frames the curve may leave their range of gray.

    Raises:
        InputError: If a clip has no frame, or frames of another size than the first clip's.
    """
    if length < 2:
        raise InputError(f"interpolate_clips: length is {length}, expected 2 or more: raise it")
    size = clips[0].shape[1:] if len(clips) else (0, 0)
    for row, clip in enumerate(clips):
        if clip.ndim != 3 or clip.shape[1:] != size or not len(clip):
            raise InputError(
                f"clips, row {row}: its shape is {clip.shape}, expected (frames, height, width) "
                f"with frames as large as the first clip's, {size}: crop all clips to the same size"
            )
    result = np.zeros((len(clips), length, *size), np.float32)
    for target, clip in zip(result, clips, strict=True):
        target[:] = np.tensordot(_weigh_frames(len(clip), length), clip, axes=1)
    return result


def _weigh_frames(frames: int, length: int) -> Floats:
    """Weight of each frame at each position, ``(length, frames)``; rows sum to 1."""
    waves = np.arange(1, frames)
    # The first frame is at 0, the last at frames - 1; the eigenvectors' phase is half a frame.
    at_frames = _curve(np.arange(frames), waves, frames)
    at_positions = _curve(np.linspace(0, frames - 1, length), waves, frames)
    return ((1 + 2 * at_positions @ at_frames.T) / frames).astype(np.float32)


def _curve(positions: NDArray[Any], waves: NDArray[np.int64], frames: int) -> NDArray[np.float64]:
    """The path graph's eigenvectors, continued between frames, ``(positions, waves)``."""
    curve: NDArray[np.float64] = np.cos(np.pi * np.outer(positions + 0.5, waves) / frames)
    return curve
