"""The database: reproducible, balanced, mute about the class at the onset, never half there."""

import csv
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

from posed_spontaneous.faces import generate_faces
from posed_spontaneous.faces.assets import LEFT_EYE, RIGHT_EYE
from posed_spontaneous.faces.capture import EYE_SPAN, crop_by_eyes, sample_studio
from posed_spontaneous.faces.contact_sheet import write_contact_sheet
from posed_spontaneous.faces.expression import EMOTIONS, LABELS
from posed_spontaneous.faces.generated_pair import Recipe, generate_pairs
from posed_spontaneous.faces.head_pack import HeadPack
from posed_spontaneous.faces.identity import sample_subject
from posed_spontaneous.faces.renderer import project, render
from posed_spontaneous.runtime.errors import InputError

SMALL = {"subjects": 2, "strength": 2.5, "nuisance": 0.35, "seed": 0, "size": 44}


def read(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def manifest(cache: Path) -> Path:
    return generate_faces(cache=cache, **SMALL, workers=1)


def test_each_subject_shows_every_emotion_in_both_classes(manifest: Path) -> None:
    rows = read(manifest)

    assert len({row["sample_id"] for row in rows}) == len(rows) == 2 * 6 * 2
    shown = {(row["subject_id"], row["emotion"], row["label"]) for row in rows}
    assert len(shown) == 24
    assert {row["label"] for row in rows} == set(LABELS)
    assert {row["emotion"] for row in rows} == set(EMOTIONS)
    assert rows[0]["sample_id"] == "f001-happiness-posed"
    for row in rows:
        for column in ("onset_path", "apex_path"):
            picture = cv2.imread(str(manifest.parent / row[column]), cv2.IMREAD_UNCHANGED)
            assert picture.shape == (44, 44)
            assert picture.dtype == np.uint8
            assert picture.std() > 10


def test_pictures_do_not_depend_on_the_number_of_workers(
    manifest: Path, cache: Path, tmp_path: Path
) -> None:
    pack = next(cache.glob("head-pack*.npz"))
    (tmp_path / pack.name).write_bytes(pack.read_bytes())
    other = generate_faces(cache=tmp_path, **SMALL, workers=2)

    files = sorted(path.relative_to(manifest.parent) for path in manifest.parent.rglob("*.*"))
    assert len(files) == 2 + 48
    for path in files:
        assert (manifest.parent / path).read_bytes() == (other.parent / path).read_bytes()


def test_landmarks_lie_beside_the_manifest_in_its_order(manifest: Path) -> None:
    with np.load(manifest.parent / "landmarks.npz") as stored:
        names, onset, apex = (stored[key] for key in ("sample_id", "onset", "apex"))

    assert names.tolist() == [row["sample_id"] for row in read(manifest)]
    for points in (onset, apex):
        assert points.shape == (24, 68, 2)
        assert points.dtype == np.float32
        # All but the jaw lies in the picture or not far below it.
        assert points[:, 17:].min() > 0
        assert points[:, 17:].max() < 55


def test_a_database_is_made_once(manifest: Path, cache: Path) -> None:
    before = manifest.stat().st_mtime_ns

    assert generate_faces(cache=cache, **SMALL, workers=2) == manifest
    assert manifest.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "change", [{"strength": 2.0}, {"nuisance": 0.3}, {"seed": 1}, {"size": 48}, {"subjects": 1}]
)
def test_another_recipe_is_another_folder(
    change: dict[str, float], manifest: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "posed_spontaneous.faces.generator._fill", lambda folder, recipe, workers: None
    )

    other = generate_faces(cache=cache, **{**SMALL, **change}, workers=1)
    other.parent.rmdir()

    assert other.parent != manifest.parent


@pytest.mark.parametrize(
    "change", [{"subjects": 0}, {"strength": -1.0}, {"nuisance": float("nan")}]
)
def test_a_parameter_out_of_range_is_named(change: dict[str, float], cache: Path) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        generate_faces(cache=cache, **{**SMALL, **change}, workers=1)


def test_strength_changes_the_apex_and_never_the_onset(pack: HeadPack) -> None:
    weak, strong = (
        list(generate_pairs(pack, Recipe(1, strength, 0.35, 3, 44, (6, 6)), 0))
        for strength in (0.0, 3.0)
    )

    for one, other in zip(weak, strong, strict=True):
        assert np.array_equal(one.onset, other.onset)
        assert not np.array_equal(one.apex, other.apex)


def test_without_nuisance_the_onset_is_the_resting_face_up_to_grain(pack: HeadPack) -> None:
    samples = list(generate_pairs(pack, Recipe(1, 2.5, 0.0, 0, 44, (6, 6)), 0))

    subject = samples[0].subject
    rng = np.random.default_rng(0)
    setting = sample_studio(rng, subject.skin)
    crop = crop_by_eyes(pack, subject.neutral, setting.camera)
    plain = render(
        pack, subject.neutral, subject.skin, setting.camera, setting.light, crop, (44, 44)
    )
    similarity = np.corrcoef(plain.ravel(), samples[0].onset.ravel())[0, 1]
    assert similarity > 0.8


def test_the_crop_levels_the_eyes_at_their_place(pack: HeadPack) -> None:
    rng = np.random.default_rng(4)
    subject = sample_subject(rng, pack, 0)
    camera = sample_studio(rng, subject.skin).camera._replace(roll=0.3, yaw=0.1)
    crop = crop_by_eyes(pack, subject.neutral, camera)

    points = project(subject.neutral, camera)[0] @ crop[:, :2].T + crop[:, 2]
    left, right = (points[pack.part == part].mean(axis=0) for part in (LEFT_EYE, RIGHT_EYE))

    assert left - right == pytest.approx([EYE_SPAN, 0], abs=1e-5)
    assert (left + right)[0] / 2 == pytest.approx(0.5, abs=1e-5)


def test_a_picture_of_another_size_is_the_same_picture(pack: HeadPack) -> None:
    small, large = (
        next(generate_pairs(pack, Recipe(1, 0, 0.0, 0, size, (6, 6)), 0)) for size in (44, 176)
    )

    shrunk = cv2.resize(large.onset, (44, 44), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small.onset).mean() < 2


def test_pairs_are_shared_out_among_the_subjects(cache: Path) -> None:
    pairs = {"posed": 14, "spontaneous": 15}
    made = read(generate_faces(cache=cache, **SMALL, pairs=pairs, workers=1))
    plain = read(generate_faces(cache=cache, **SMALL, workers=1))

    counts = Counter((row["subject_id"], row["label"]) for row in made)
    assert sorted(counts.values()) == [7, 7, 7, 8]
    assert len({row["sample_id"] for row in made}) == 29
    # The second take of an emotion is another capture of it.
    first, second = (
        next(row for row in made if row["sample_id"] == f"f001-{take}")
        for take in ("happiness-posed", "happiness-posed-1")
    )
    assert first["latent_eyes"] != second["latent_eyes"]
    assert {row["sample_id"] for row in plain} < {row["sample_id"] for row in made}


def test_pairs_of_an_unknown_label_are_refused(cache: Path) -> None:
    with pytest.raises(InputError, match=r"pairs: got the labels \['acted'\]"):
        generate_faces(cache=cache, **SMALL, pairs={"acted": 3}, workers=1)


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["parent", "all processes"])
def test_a_killed_command_leaves_no_process_and_its_folder_is_deleted_by_the_next(
    kill: Callable[[int, int], None], cache: Path, tmp_path: Path
) -> None:
    pack = next(cache.glob("head-pack*.npz"))
    (tmp_path / pack.name).write_bytes(pack.read_bytes())
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "posed_spontaneous.faces", f"sheet={tmp_path}/sheet.png"),
            *(f"data.path.{name}={value}" for name, value in SMALL.items()),
            *(f"data.path.cache={tmp_path}", "data.path.workers=2"),
        ],
        cwd=tmp_path,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".faces-*/*/*.png")) and time.monotonic() < deadline:
        time.sleep(0.01)
    kill(process.pid, signal.SIGKILL)
    # The output is open as long as any process runs.
    process.communicate(timeout=20)

    assert list(tmp_path.glob(".faces-*/*/*.png")), "it was killed before it wrote anything"
    assert not list(tmp_path.glob("faces-*"))
    assert len(read(generate_faces(cache=tmp_path, **SMALL, workers=1))) == 24
    assert not list(tmp_path.glob(".faces-*"))


def test_if_another_process_finishes_first_its_folder_is_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(folder: Path, *_: object) -> None:
        (folder / "manifest.csv").write_text("second")
        other = cache / folder.name.partition(f".{socket.gethostname()}.")[0].removeprefix(".")
        other.mkdir()
        (other / "manifest.csv").write_text("first")

    monkeypatch.setattr("posed_spontaneous.faces.generator._fill", fill)
    manifest = generate_faces(cache=cache, **{**SMALL, "seed": 77}, workers=1)

    assert manifest.read_text() == "first"
    assert not list(cache.glob(".faces-*"))


def test_the_contact_sheet_is_a_picture(manifest: Path, tmp_path: Path) -> None:
    write_contact_sheet(manifest, tmp_path / "new" / "sheet.png")

    sheet = cv2.imread(str(tmp_path / "new" / "sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert min(sheet.shape) > 500
    assert sheet.std() > 20


@pytest.fixture(scope="module")
def crowd(pack: HeadPack) -> dict[float, list[tuple[str, str, np.ndarray, np.ndarray, np.ndarray]]]:
    """Subject, label, onset, apex and cues of 30 subjects at strengths 0 and 3."""
    return {
        strength: [
            (s.subject.name, s.label, s.onset, s.apex, np.array(s.cues))
            for number in range(30)
            for s in generate_pairs(pack, Recipe(30, strength, 0.35, 0, 44, (180, 180)), number)
        ]
        for strength in (0.0, 3.0)
    }


@pytest.mark.slow
def test_at_strength_0_both_classes_are_draws_of_one_law(crowd: dict) -> None:
    posed, spontaneous = (
        [sample for sample in crowd[0.0] if sample[1] == label] for label in LABELS
    )
    for cue in range(4):
        both = ([sample[4][cue] for sample in side] for side in (posed, spontaneous))
        assert ks_2samp(*both).pvalue > 0.001
    changes = [
        [np.abs(sample[3].astype(int) - sample[2]).mean() for sample in side]
        for side in (posed, spontaneous)
    ]
    assert ks_2samp(*changes).pvalue > 0.001


@pytest.mark.slow
def test_the_cues_tell_the_class_and_the_onset_does_not(crowd: dict) -> None:
    subjects, labels, onsets, _, cues = zip(*crowd[3.0], strict=True)

    def accuracy(features: np.ndarray) -> float:
        model = LogisticRegression(C=0.01, max_iter=500)
        folds = GroupKFold(5)
        return float(cross_val_score(model, features, labels, groups=subjects, cv=folds).mean())

    onset = np.stack(onsets).reshape(len(onsets), -1) / 255
    assert abs(accuracy(onset) - 0.5) < 0.1  # 4 standard errors of 360 draws
    assert accuracy(np.stack(cues)) > 0.95
