"""Apex spotting: finds onset and apex in a recording without annotation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from posed_spontaneous.runtime.errors import InputError

Curve = NDArray[np.float64]

FLOW_SIZE = 44
"""Side in pixels to which frames are resized before optical flow is computed."""
FLOW_WINDOW = 9
"""Window of the optical flow, pixels."""
FLOW_SIGMA = 1.5
"""Standard deviation of the filter that smooths the flow before its gradient is taken, pixels."""
CURVE_SIGMA = 1 / 40
"""Standard deviation of the filter that smooths the strain curve, as a fraction of its length."""
REST = 0.1
"""Up to this fraction of a rise or a fall, the face counts as at rest."""
MIN_FALL = 0.5
"""Fraction of its rise by which the strain must fall for an offset to exist."""


class Spotted(NamedTuple):
    """Positions in a recording, counted from 0: ``onset`` < ``apex`` < ``offset``.

    Attributes:
        onset: Last frame at rest.
        apex: Frame with the strongest expression.
        offset: First frame at rest again; None if the recording ends before it, or if the spotter
            does not look for it.
    """

    onset: int
    apex: int
    offset: int | None


class Spotter(ABC):
    """Finds positions that are not annotated.

    Attributes:
        onset_source: The manifest's ``onset_source`` of an onset found by this spotter.
        apex_source: The manifest's ``apex_source`` of an apex found by this spotter.
        reads_frames: Whether it needs the pixels of the frames, or only their number.
    """

    onset_source: ClassVar[str] = "first frame"
    apex_source: ClassVar[str]
    reads_frames: ClassVar[bool] = False

    def __call__(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Find the missing positions, and keep those that are given.

        Args:
            frames: Gray crops with one common alignment, ``(T, H, W)``, 0 to 255, T at least 2.
                Their values do not matter if ``reads_frames`` is false.
            onset: Position of the onset if it is annotated.
            apex: Position of the apex if it is annotated.

        Raises:
            InputError: If there are too few frames, a given position leaves no room for the other,
                or all frames are equal.
        """
        count = len(frames)
        if count < 2:
            raise InputError(f"the recording has {count} frame(s), expected an onset and an apex")
        for what, position, first in (("onset", onset, 0), ("apex", apex, 1)):
            if position is not None and not first <= position < count - 1 + first:
                raise InputError(
                    f"{what} is frame {position} of {count}, counted from 0, expected {first} to "
                    f"{count - 2 + first}: correct the annotation"
                )
        if onset is not None and apex is not None and onset >= apex:
            raise InputError(
                f"onset is frame {onset} and apex frame {apex}, expected the onset to come before: "
                "correct the annotation"
            )
        return self.spot(frames, onset, apex)

    @abstractmethod
    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Find the missing positions; the arguments are valid."""


class FirstLast(Spotter):
    """The first frame is the onset and the last one the apex, as in CK+."""

    apex_source = "last frame"

    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Return the first and the last position."""
        return Spotted(
            0 if onset is None else onset, len(frames) - 1 if apex is None else apex, None
        )


class Midpoint(Spotter):
    """The frame halfway from the onset to the last frame is the apex.

    This is the convention for clips from onset to offset without an annotated apex, as in SMIC.
    """

    apex_source = "midpoint"

    def spot(self, frames: NDArray[np.uint8], onset: int | None, apex: int | None) -> Spotted:
        """Return the first position and the middle of those that follow."""
        start = 0 if onset is None else onset
        middle = (start + len(frames)) // 2 if apex is None else apex
        return Spotted(start, middle, len(frames) - 1 if middle < len(frames) - 1 else None)


class OpticalStrain(Spotter):
    """The frame in which the face is deformed most is the apex.

    Optical strain is the symmetric part of the gradient of optical flow. It is zero where the face
    only shifts or rotates and positive where it changes its shape (Shreve et al. 2011). Its mean
    over the crop, relative to the onset, is a curve over time, smoothed by a median and a Gaussian
    filter, whose maximum is the apex. Of the features in Liong et al. (2015) it found the apex of
    generated recordings best; histograms of local binary patterns (Yan et al. 2014) and of
    gradients by block, and a binary search, found it less often. The onset is the last frame before
    the apex with at most a tenth of the rise, the offset the first frame after it with at most a
    tenth of the fall left.

    Brightness and contrast of each frame are normalised, which removes flicker, and the median
    filter removes damage and blinks of up to two frames. Slow motion without an expression, such as
    speech, is mistaken for an apex.

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
        """Find the extremes of the strain curve."""
        strain = _strain_curve(frames, reference=onset or 0)
        if apex is None:
            start = (onset or 0) + 1
            apex = start + int(np.argmax(strain[start:]))
        if onset is None:
            rise = strain[:apex] - strain[:apex].min()
            height = strain[apex] - strain[:apex].min()
            onset = int(np.flatnonzero(rise <= REST * max(height, 0))[-1])
        return Spotted(onset, apex, _offset(strain, onset, apex))


def _offset(strain: Curve, onset: int, apex: int) -> int | None:
    if apex == len(strain) - 1:
        return None
    fall = strain[apex:] - strain[apex:].min()
    if fall[0] <= MIN_FALL * max(strain[apex] - strain[onset], 0):
        return None
    return apex + int(np.flatnonzero(fall <= REST * fall[0])[0])


def _strain_curve(frames: NDArray[np.uint8], reference: int) -> Curve:
    """Mean strain of each frame relative to the reference, smoothed over time, ``(T,)``."""
    images = [_normalise(frame) for frame in frames]
    if all(np.array_equal(image, images[reference]) for image in images):
        raise InputError(
            f"all {len(frames)} frames are equal, expected motion to spot the apex: check whether "
            "one frame is repeated"
        )
    curve = np.array([_strain(images[reference], image) for image in images])
    # The reference has no noise relative to itself, which does not mean that it is more at rest.
    curve[reference] = np.delete(curve, reference).min()
    # Five frames are longer than damage and most of a blink, but too long for a short recording.
    filtered = median_filter(curve, 1 + 2 * min(2, len(curve) // 16), mode="nearest")
    sigma = max(0.5, CURVE_SIGMA * len(curve))
    return np.asarray(gaussian_filter1d(filtered, sigma, mode="nearest"), dtype=np.float64)


def _normalise(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Normalise size, brightness and contrast."""
    small = cv2.resize(frame, (FLOW_SIZE, FLOW_SIZE), interpolation=cv2.INTER_AREA).astype(
        np.float32
    )
    normal = (small - small.mean()) / max(float(small.std()), 1.0)
    return np.asarray(np.clip(np.round(128 + 40 * normal), 0, 255), dtype=np.uint8)


def _strain(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Mean magnitude of the strain between two images, dimensionless, 0 or more."""
    flow = cv2.calcOpticalFlowFarneback(
        before,
        after,
        None,  # type: ignore[call-overload]
        pyr_scale=0.5,
        levels=3,
        winsize=FLOW_WINDOW,
        iterations=3,
        poly_n=5,
        poly_sigma=1.1,
        flags=0,
    )
    flow = cv2.GaussianBlur(flow, (0, 0), FLOW_SIGMA)
    (x_down, x_along), (y_down, y_along) = (np.gradient(flow[..., axis]) for axis in (0, 1))
    shear = (x_down + y_along) / 2
    return float(np.sqrt(x_along**2 + y_down**2 + 2 * shear**2).mean())
