"""The 68 landmarks are symmetrical, correct in the image, and move with the expression."""

import dataclasses

import numpy as np
import pytest

from posed_spontaneous.faces.assets import LEFT_EYE, RIGHT_EYE
from posed_spontaneous.faces.capture import FrameConditions, Studio, crop_by_eyes, sample_studio
from posed_spontaneous.faces.expression import Cues, apex_weights
from posed_spontaneous.faces.generated_pair import Recipe, Scene, generate_pairs
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import Subject, sample_subject
from posed_spontaneous.faces.landmarks import POINTS, project_landmarks
from posed_spontaneous.faces.renderer import Camera, Light, project, render

SIZE = 440
FRONT = Camera(yaw=0.0, pitch=0.0, roll=0.0, distance=12.0)
MIRRORED = [
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
]  # fmt: skip
LEFT_CORNER, RIGHT_CORNER, UPPER_LIP, LOWER_LIP = 48, 54, 62, 66
BROWS, EYES = slice(17, 27), (slice(36, 42), slice(42, 48))


@pytest.fixture(scope="module")
def studios(pack: HeadPack) -> list[tuple[Subject, Studio]]:
    sampled = []
    for number in range(12):
        rng = np.random.default_rng(number)
        subject = sample_subject(rng, pack, number)
        sampled.append((subject, sample_studio(rng, subject.skin)))
    return sampled


def show(pack: HeadPack, subject: Subject, emotion: str, **cues: float) -> np.ndarray:
    """Landmarks of a frontal head before and after an expression, ``(2, 68, 2)``."""
    shown = Cues(**{**Cues(-9, 0, 0, 0)._asdict(), **cues})
    crop = crop_by_eyes(pack, subject.neutral, FRONT)
    apex = subject.neutral.copy()
    pack.shapes.add(apex, apex_weights(np.random.default_rng(0), emotion, shown))
    return np.stack(
        [project_landmarks(head, FRONT, crop, SIZE) for head in (subject.neutral, apex)]
    )


def test_a_symmetrical_head_has_symmetrical_landmarks(pack: HeadPack) -> None:
    points = project_landmarks(pack.rest, FRONT, crop_by_eyes(pack, pack.rest, FRONT), SIZE)

    assert points.shape == (68, 2)
    assert points.dtype == np.float32
    middle = (SIZE - 1) / 2
    assert points[MIRRORED] == pytest.approx(points * [-1, 1] + np.array([2 * middle, 0]), abs=1e-2)
    assert points[[8, 27, 30, 33, 51, 57, 62, 66], 0] == pytest.approx(middle, abs=1e-2)


def test_landmarks_are_numbered_in_the_order_of_the_ibug_layout(pack: HeadPack) -> None:
    points = project_landmarks(pack.rest, FRONT, crop_by_eyes(pack, pack.rest, FRONT), SIZE)

    for first, last in ((0, 16), (17, 26), (31, 35), (36, 39), (42, 45), (48, 54), (60, 64)):
        assert (np.diff(points[first : last + 1, 0]) > 0).all()  # rightwards
    for first, last in ((39, 41), (45, 47), (54, 59), (64, 67)):
        assert (np.diff(points[first : last + 1, 0]) < 0).all()  # and back
    for first, last in ((0, 8), (27, 30)):
        assert (np.diff(points[first : last + 1, 1]) > 0).all()  # downwards
    assert points[BROWS, 1].max() < points[36:48, 1].min() < points[27:31, 1].max()
    assert points[30, 1] < points[33, 1] < points[51, 1] < points[62, 1] < points[57, 1]
    assert points[57, 1] < points[8, 1]


def test_the_landmarks_of_an_eye_surround_the_point_that_the_crop_aligns(
    pack: HeadPack, studios: list[tuple[Subject, Studio]]
) -> None:
    offsets = []
    for subject, studio in studios:
        crop = crop_by_eyes(pack, subject.neutral, studio.camera)
        points = project_landmarks(subject.neutral, studio.camera, crop, SIZE)
        plane = project(subject.neutral, studio.camera)[0] @ crop[:, :2].T + crop[:, 2]
        for eye, part in zip(EYES, (RIGHT_EYE, LEFT_EYE), strict=True):
            centre = plane[pack.part == part].mean(axis=0) * SIZE - 0.5
            offsets.append(points[eye].mean(axis=0) - centre)

    # There are 176 pixels between the eyes. Lids are slightly lowered, differently by subject.
    assert np.linalg.norm(offsets, axis=1).max() < 15
    assert np.abs(np.mean(offsets, axis=0)).max() < 5


@pytest.mark.parametrize("landmark", [19, 24, 28, 30, 51, 57])
def test_a_dot_painted_at_a_landmark_is_rendered_at_its_position(
    landmark: int, pack: HeadPack, studios: list[tuple[Subject, Studio]]
) -> None:
    subject, studio = studios[0]
    camera = studio.camera._replace(yaw=0.2, pitch=-0.1)
    crop = crop_by_eyes(pack, subject.neutral, camera)
    # Black skin with one white spot, equally lit from all sides. The centre of a wider spot would
    # move towards stretched skin.
    atlas = np.zeros_like(subject.skin.atlas)
    x, y = subject.skin.coordinates[list(POINTS[landmark])].mean(axis=0)
    rows, columns = np.indices(atlas.shape[:2])
    atlas[..., 0] = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 2)
    skin = dataclasses.replace(subject.skin, atlas=atlas, hair=np.zeros_like(subject.skin.hair))
    light = Light(direction=np.array([0.0, 0.0, 1.0]), key=0.0, exposure=1.0, background=0.0)
    image = render(pack, subject.neutral, skin, camera, light, crop, (88, 88))

    seen = np.array([(image * axis).sum() for axis in np.indices((88, 88))[::-1]])
    assert seen / image.sum() == pytest.approx(
        project_landmarks(subject.neutral, camera, crop, 88)[landmark], abs=0.3
    )


def test_a_shift_of_the_crop_moves_landmarks_and_image_equally(
    pack: HeadPack, studios: list[tuple[Subject, Studio]]
) -> None:
    subject, studio = studios[1]
    frame = dataclasses.replace(without_changes(studio), shift=np.array([0.1, 0.04]))
    scene = Scene(pack, subject, without_changes(studio), frame, lambda _: {}, 50)
    rng = np.random.default_rng(0)
    still, still_points = scene.render_frame(rng, scene.onset, 0.0)
    moved, moved_points = scene.render_frame(rng, scene.apex, 0.0)

    assert moved_points == pytest.approx(still_points + np.array([5, 2]), abs=1e-3)
    assert np.abs(moved[2:, 5:].astype(int) - still[:-2, :-5]).max() <= 1


def test_a_smile_moves_the_mouth_corners_outwards_and_upwards(
    pack: HeadPack, studios: list[tuple[Subject, Studio]]
) -> None:
    for subject, _ in studios[:4]:
        onset, apex = show(pack, subject, "happiness")
        shift = (apex - onset)[[LEFT_CORNER, RIGHT_CORNER]]
        assert (shift[:, 0] * [-1, 1] > 4).all()
        assert (shift[:, 1] < -4).all()


def test_surprise_opens_the_lips_and_raises_the_brows(
    pack: HeadPack, studios: list[tuple[Subject, Studio]]
) -> None:
    for subject, _ in studios[:4]:
        onset, apex = show(pack, subject, "surprise", eyes=2)
        opening = [points[LOWER_LIP, 1] - points[UPPER_LIP, 1] for points in (onset, apex)]
        assert opening[1] > opening[0] + 20
        assert ((apex - onset)[BROWS, 1] < -1).all()


def test_an_open_mouth_and_the_eyes_are_darker_than_the_cheek_between_them(
    pack: HeadPack, studios: list[tuple[Subject, Studio]]
) -> None:
    subject, studio = studios[2]
    head = subject.neutral.copy()
    pack.shapes.add(head, {"expression/jawOpen": 0.5})
    crop = crop_by_eyes(pack, head, FRONT)
    image = render(pack, head, subject.skin, FRONT, studio.light, crop, (SIZE, SIZE))
    points = project_landmarks(head, FRONT, crop, SIZE)

    def brightness(place: np.ndarray) -> float:
        column, row = np.round(place).astype(int)
        return float(image[row - 4 : row + 5, column - 4 : column + 5].mean())

    mouth = brightness(points[60:68].mean(axis=0))
    for eye, side in zip(EYES, (31, 35), strict=True):
        pupil = brightness(points[eye].mean(axis=0))
        cheek = brightness((points[eye].mean(axis=0) + points[side]) / 2)
        assert pupil < cheek - 0.1
        assert mouth < cheek - 0.1


def test_every_pair_has_the_landmarks_of_both_images(pack: HeadPack) -> None:
    sample = next(generate_pairs(pack, Recipe(1, 3.0, 0.35, 0, 44, (6, 6)), 0))
    large = next(generate_pairs(pack, Recipe(1, 3.0, 0.35, 0, 88, (6, 6)), 0))

    assert sample.landmarks.shape == (2, 68, 2)
    assert not np.allclose(sample.landmarks[0], sample.landmarks[1], atol=0.2)
    assert (sample.landmarks + 0.5) * 2 - 0.5 == pytest.approx(large.landmarks, abs=1e-3)


def without_changes(studio: Studio) -> FrameConditions:
    return FrameConditions(studio.camera, studio.light, units={}, shift=np.zeros(2), grain=0.0)
