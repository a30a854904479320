"""Finding the onset and the apex of a recording whose database does not name them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from posed_spontaneous.runtime.errors import InputError

Curve = NDArray[np.float64]

RASTER = 44
"""Pixels to which frames are brought before their motion is measured."""
WINDOW = 9
"""Pixels over which optical flow is averaged."""
SMOOTHING = 1.5
"""Pixels over which flow is smoothed before its gradient is taken."""
DURATION = 1 / 40
"""Share of a recording over which the strain is smoothed, so that noise makes no apex."""
LOW = 0.1
"""Share of a rise, or of a fall, that still counts as rest."""
LEAST_FALL = 0.5
"""Share of its height by which an expression must fall to have an offset."""


class Spotted(NamedTuple):
    """Positions in a recording, counted from 0: ``onset`` < ``apex`` < ``offset``.

    Attributes:
        onset: Last frame at rest.
        apex: Frame at which the expression is strongest.
        offset: First frame at rest again; None where the recording ends before, or nobody looked.
    """

    onset: int
    apex: int
    offset: int | None


class Spotter(ABC):
    """A way to find what a database does not tell."""

    onset_source: ClassVar[str] = "first frame"
    """How a manifest says where an onset comes from that it found."""
    apex_source: ClassVar[str]
    """The same of an apex."""
    reads_frames: ClassVar[bool] = False
    """Whether it looks at frames; if not, only their number counts."""

    def __call__(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Find the positions that are missing; those that are known are kept.

        Args:
            frames: Crops that were all cut and turned alike, so that motion is in them; gray,
                8 bits, shape (T, H, W), T at least 2. Blank ones will do if none are read.
            onset: Position of the onset frame if it is known.
            apex: Position of the apex frame if it is known.

        Raises:
            InputError: If there are too few frames, a known position leaves no place for the
                other, or nothing moves.
        """
        count = len(frames)
        if count < 2:
            raise InputError(f"the recording has {count} frame(s), expected an onset and an apex")
        for what, position, least in (("onset", onset, 0), ("apex", apex, 1)):
            if position is not None and not least <= position < count - 1 + least:
                raise InputError(
                    f"{what} is frame {position} of {count}, counted from 0, expected {least} to "
                    f"{count - 2 + least}: correct the annotation"
                )
        if onset is not None and apex is not None and onset >= apex:
            raise InputError(
                f"onset is frame {onset} and apex frame {apex}, expected the onset to come before: "
                "correct the annotation"
            )
        return self.spot(frames, onset, apex)

    @abstractmethod
    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Do what a call promises, on arguments that are in order."""


class FirstLast(Spotter):
    """The first frame is the onset, the last one the apex, as recordings of CK+ are cut."""

    apex_source = "last frame"

    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Take the ends of the recording."""
        return Spotted(
            0 if onset is None else onset, len(frames) - 1 if apex is None else apex, None
        )


class Midpoint(Spotter):
    """The frame halfway from the onset to the end is the apex.

    The convention for databases which are cut from onset to offset and name no apex, as SMIC is.
    """

    apex_source = "midpoint"

    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Take the first frame and the one in the middle of what follows."""
        start = 0 if onset is None else onset
        middle = (start + len(frames)) // 2 if apex is None else apex
        return Spotted(start, middle, len(frames) - 1 if middle < len(frames) - 1 else None)


class Motion(Spotter):
    """The apex is where the face is most deformed, by optical strain.

    Strain is the symmetric part of the gradient of optical flow: a face that shifts or turns in
    the picture has none, one that changes its form has some everywhere it does (Shreve, Godavarthy,
    Goldgof & Sarkar 2011). Its mean over the crop, against the onset, is a curve whose maximum is
    the apex: of the features that Liong, See, Wong, Le Ngo, Oh & Phan (2015) spot the apex with,
    this is the one that found it best on generated recordings, against block-wise histograms of
    local binary patterns (Yan et al. 2014) and of gradients, and their search by halves found it
    less often than the maximum of the smoothed curve. The onset is the last frame before it at
    which at most a tenth of the rise is done, the offset the first after it at which at most a
    tenth of the fall is left.

    Each frame is freed of its own brightness and contrast, so that flickering light moves nothing,
    and what lasts two frames, as damage or a quick blink, does not pass the median over time. What
    moves slowly and is no expression, speech above all, is taken for one.

    References:
        Liong, See, Wong, Le Ngo, Oh & Phan 2015, Automatic apex frame spotting in
        micro-expression database, ACPR.
        Shreve, Godavarthy, Goldgof & Sarkar 2011, Macro- and micro-expression spotting in long
        videos using spatio-temporal strain, FG.
        Yan, Li, Wang, Zhao, Liu, Chen & Fu 2014, CASME II, PLoS ONE 9.
    """

    onset_source = apex_source = "spotted"
    reads_frames = True

    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Look for the extremes of the strain."""
        strain = _strain_curve(frames, reference=onset or 0)
        if apex is None:
            start = (onset or 0) + 1
            apex = start + int(np.argmax(strain[start:]))
        if onset is None:
            rise = strain[:apex] - strain[:apex].min()
            height = strain[apex] - strain[:apex].min()
            onset = int(np.flatnonzero(rise <= LOW * max(height, 0))[-1])
        return Spotted(onset, apex, _offset(strain, onset, apex))


def _offset(strain: Curve, onset: int, apex: int) -> int | None:
    if apex == len(strain) - 1:
        return None
    fall = strain[apex:] - strain[apex:].min()
    if fall[0] <= LEAST_FALL * max(strain[apex] - strain[onset], 0):
        return None
    return apex + int(np.flatnonzero(fall <= LOW * fall[0])[0])


def _strain_curve(frames: NDArray[np.uint8], reference: int) -> Curve:
    """Mean strain of each frame against one of them, smoothed over time, shape (T,)."""
    pictures = [_even_out(frame) for frame in frames]
    if all(np.array_equal(picture, pictures[reference]) for picture in pictures):
        raise InputError(
            f"nothing moves in {len(frames)} frames, so no apex can be spotted: is it one frame, "
            "repeated?"
        )
    curve = np.array([_strain(pictures[reference], picture) for picture in pictures])
    # The reference alone has no noise against itself: it is no more at rest than another.
    curve[reference] = np.delete(curve, reference).min()
    # Five frames outlast damage and most of a blink, but are too many of a short recording.
    calm = median_filter(curve, 1 + 2 * min(2, len(curve) // 16), mode="nearest")
    width = max(0.5, DURATION * len(curve))
    return np.asarray(gaussian_filter1d(calm, width, mode="nearest"), dtype=np.float64)


def _even_out(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring a frame to a common size, brightness and contrast."""
    small = cv2.resize(frame, (RASTER, RASTER), interpolation=cv2.INTER_AREA).astype(np.float32)
    normal = (small - small.mean()) / max(float(small.std()), 1.0)
    return np.asarray(np.clip(np.round(128 + 40 * normal), 0, 255), dtype=np.uint8)


def _strain(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Mean magnitude of the strain from one picture to another; no unit."""
    flow = cv2.calcOpticalFlowFarneback(
        before,
        after,
        None,  # type: ignore[call-overload]
        pyr_scale=0.5,
        levels=3,
        winsize=WINDOW,
        iterations=3,
        poly_n=5,
        poly_sigma=1.1,
        flags=0,
    )
    flow = cv2.GaussianBlur(flow, (0, 0), SMOOTHING)
    (x_down, x_along), (y_down, y_along) = (np.gradient(flow[..., axis]) for axis in (0, 1))
    shear = (x_down + y_along) / 2
    return float(np.sqrt(x_along**2 + y_down**2 + 2 * shear**2).mean())
