"""Images that are used twice, unchanged or slightly changed."""

import cv2
import numpy as np
import pytest

from posed_spontaneous.databases.audits import Evidence
from posed_spontaneous.databases.audits.duplicates import ExactDuplicates, NearDuplicates
from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.dataset import SubjectKFold

from ...databases.audits.drawn_evidence import evidence_of, found_by

SUBJECTS = ["a", "a", "b", "b", "c", "c"]
LABELS = ["posed", "spontaneous"] * 3
EXACT = ExactDuplicates(SubjectKFold(k=3, seed=0))
NEAR = NearDuplicates(correlation=0.975, shift=2)


def portraits(count: int, seed: int = 0, side: int = 44) -> np.ndarray:
    """Smooth random images, all different."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1, (count, 9, 9))
    fine = np.stack(
        [cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in coarse]
    )
    return np.clip(128 + 40 * fine, 0, 255).astype(np.uint8)


def evidence(onset: np.ndarray, apex: np.ndarray) -> Evidence:
    return evidence_of(onset, apex, subjects=SUBJECTS, labels=LABELS)


def test_different_images_are_no_duplicates() -> None:
    for check in (EXACT, NEAR):
        assert found_by(check, evidence(portraits(6), portraits(6, seed=1))) == []


def test_one_image_of_two_subjects_is_fatal_in_any_phase() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    onset[0] = apex[3]
    (finding,) = found_by(EXACT, evidence(onset, apex))
    assert finding.severity is Severity.FATAL
    assert finding.samples == ("n00", "n03")
    assert "subjects a, b share images (1)" in finding.message
    assert "1 of them in different folds of 3fold" in finding.message
    assert found_by(NEAR, evidence(onset, apex)) == []


def test_subjects_connected_by_shared_images_are_one_finding() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    onset[0] = onset[2]
    apex[3] = apex[5]
    (finding,) = found_by(EXACT, evidence(onset, apex))
    assert "subjects a, b, c share images (2)" in finding.message


def test_with_fewer_subjects_than_folds_each_subject_is_a_fold() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    onset[0] = onset[2]
    (finding,) = found_by(ExactDuplicates(SubjectKFold(k=10, seed=0)), evidence(onset, apex))
    assert "different folds of loso" in finding.message


def test_an_onset_of_several_samples_is_a_note_and_an_apex_a_warning() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    onset[1] = onset[0]
    apex[3] = apex[2]
    note, warning = found_by(EXACT, evidence(onset, apex))
    assert (note.severity, note.samples) == (Severity.NOTE, ("n00", "n01"))
    assert (warning.severity, warning.samples) == (Severity.WARNING, ("n02", "n03"))
    assert "1 of them under different labels" in warning.message


def test_an_apex_that_is_the_onset_of_another_sample_is_a_warning() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    onset[5] = apex[4]
    (finding,) = found_by(EXACT, evidence(onset, apex))
    assert (finding.severity, finding.samples) == (Severity.WARNING, ("n04", "n05"))


def test_a_pair_of_equal_images_and_blank_crops_are_no_duplicates() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    onset[0] = apex[0]
    onset[2:] = 7
    for check in (EXACT, NEAR):
        assert found_by(check, evidence(onset, apex)) == []


def jpeg(picture: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 0)


def move(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(picture, matrix, picture.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize(
    "copy",
    [
        jpeg,
        lambda picture: np.clip(picture.astype(int) + 15, 0, 255),
        lambda picture: np.clip(picture * 1.15, 0, 255),
        lambda picture: move(picture, 1, -1),
        lambda picture: move(picture, 0.5, 0.5),
        lambda picture: picture[:, ::-1],
        lambda picture: jpeg(move(picture, -1, 1)[:, ::-1]),
    ],
    ids=["jpeg", "brighter", "contrast", "moved", "half moved", "mirrored", "all"],
)
@pytest.mark.parametrize("side", [44, 96])
def test_a_changed_copy_under_another_subject_is_found(copy: object, side: int) -> None:
    onset, apex = portraits(6, side=side), portraits(6, seed=1, side=side)
    apex[4] = copy(onset[1])
    (finding,) = found_by(NEAR, evidence(onset, apex))
    assert (finding.severity, finding.samples) == (Severity.WARNING, ("n01", "n04"))
    assert "subjects a and c have crops that are nearly one image (1 pairs)" in finding.message
    assert "the onset of n01" in finding.message
    assert "the apex of n04" in finding.message


def test_images_of_one_subject_may_be_similar() -> None:
    onset, apex = portraits(6), portraits(6, seed=1)
    apex[1] = jpeg(onset[0])
    assert found_by(NEAR, evidence(onset, apex)) == []
