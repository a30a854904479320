"""Faults of single crops and of pairs of crops."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.databases.audits import Evidence
from posed_spontaneous.databases.audits.crops import (
    Exposure,
    PairDifference,
    Readability,
    Sharpness,
)
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.dataset import read_manifest

from ...databases.audits.drawn_evidence import evidence_of, found_by
from ...drawn_faces import draw_database, draw_face

FOUR = {"subjects": ["a", "a", "b", "b"], "labels": ["posed", "spontaneous"] * 2}


def faces(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([draw_face(rng, 3, 3) for _ in range(count)])


@pytest.fixture
def database(tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    manifest = draw_database(tmp_path, subjects=2, samples=2)
    return tmp_path, read_manifest(manifest)


def test_crops_with_relative_and_absolute_paths_are_read_in_gray(
    database: tuple[Path, pd.DataFrame],
) -> None:
    folder, rows = database
    relative = rows.assign(
        **{c: rows[c].map(lambda path: Path(path).name) for c in ("onset_path", "apex_path")}
    )
    for given_rows in (rows, relative):
        evidence = Evidence.read(folder, given_rows, Published())
        expected = cv2.imread(rows["apex_path"].iloc[3], cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(evidence.crops["apex"][3], expected)
        assert all(readable.all() for readable in evidence.readable.values())
    with pytest.raises(ValueError, match="read-only"):
        evidence.crops["apex"][3] = 0


def test_colour_crops_are_checked_in_gray(database: tuple[Path, pd.DataFrame]) -> None:
    folder, rows = database
    colour = np.zeros((44, 44, 3), np.uint8)
    colour[..., 2] = 200
    cv2.imwrite(rows["onset_path"].iloc[0], colour)
    evidence = Evidence.read(folder, rows, Published())
    assert evidence.crops["onset"][0] == pytest.approx(60, abs=1)  # .299 of red
    np.testing.assert_array_equal(evidence.picture(0, "onset"), colour[..., ::-1])


def test_every_unusable_crop_is_reported_with_its_fault(
    database: tuple[Path, pd.DataFrame],
) -> None:
    folder, rows = database
    Path(rows["onset_path"].iloc[0]).unlink()
    Path(rows["onset_path"].iloc[1]).write_bytes(b"no image")
    Path(rows["apex_path"].iloc[2]).write_bytes(b"")
    cv2.imwrite(rows["apex_path"].iloc[3], np.zeros((20, 30), np.uint8))
    cv2.imwrite(rows["apex_path"].iloc[4], np.zeros((44, 44), np.uint16))
    rows.loc[5, "apex_path"] = None
    findings = found_by(Readability(), Evidence.read(folder, rows, Published()))
    found = {finding.message.split(", first")[0]: finding.samples for finding in findings}
    names = rows["sample_id"]
    assert found == {
        "onset: 1 of 8 crops: no image": (names[1],),
        "onset: 1 of 8 crops: no such file": (names[0],),
        "apex: 1 of 8 crops: no image": (names[2],),
        "apex: 1 of 8 crops: no path": (names[5],),
        "apex: 1 of 8 crops: not 44x44 pixels as most are": (names[3],),
        "apex: 1 of 8 crops: uint16, expected 8 bits per channel": (names[4],),
    }


def test_a_database_without_a_readable_pair_is_fatal(
    database: tuple[Path, pd.DataFrame],
) -> None:
    folder, rows = database
    for path in rows["apex_path"]:
        Path(path).unlink()
    findings = found_by(Readability(), Evidence.read(folder, rows, Published()))
    assert findings[0].severity is Severity.FATAL


def test_pairs_with_equal_and_with_nearly_equal_images_are_distinguished() -> None:
    onset = faces(4)
    apex = faces(4, seed=1)
    apex[1] = onset[1]
    apex[2] = onset[2]
    apex[2, :10, :10] += 10  # 10 levels on 100 of 1936 pixels: .52 on average
    equal, nearly = found_by(PairDifference(least=0.6), evidence_of(onset, apex, **FOUR))
    assert (equal.samples, nearly.samples) == (("n01",), ("n02",))
    assert len(found_by(PairDifference(least=0.5), evidence_of(onset, apex, **FOUR))) == 1


def test_blank_clipped_dark_and_bright_crops_are_distinguished() -> None:
    apex = faces(6)
    apex[0] = 0
    apex[1, :10] = 255  # 440 of 1936 pixels
    apex[2] = apex[2] // 8
    apex[3] = 255 - apex[3] // 8
    subjects, labels = list("abcabc"), ["posed", "spontaneous"] * 3
    findings = found_by(
        Exposure(clipped=0.2, dark=30, bright=220),
        evidence_of(faces(6, seed=1), apex, subjects=subjects, labels=labels),
    )
    found = {f.message.split(" crops: ")[1].split(",")[0]: f.samples for f in findings}
    assert found == {
        "blank": ("n00",),
        "clipped": ("n01",),
        "very dark": ("n02",),
        "very bright": ("n03",),
    }
    assert {f.message.split(":")[0] for f in findings} == {"apex"}


def test_a_crop_out_of_focus_is_reported_as_blurred() -> None:
    onset = faces(4)
    onset[3] = cv2.GaussianBlur(onset[3], (0, 0), 1.5)
    (finding,) = found_by(Sharpness(least=0.2), evidence_of(onset, faces(4, seed=1), **FOUR))
    assert finding.samples == ("n03",)


@given(st.floats(0.5, 1.0), st.integers(0, 40))
def test_contrast_and_light_of_a_database_have_no_effect_on_sharpness(
    contrast: float, light: int
) -> None:
    onset = np.clip(faces(4) * contrast + light, 0, 255)
    apex = np.clip(faces(4, seed=1) * contrast + light, 0, 255)
    assert found_by(Sharpness(least=0.2), evidence_of(onset, apex, **FOUR)) == []


def test_crops_with_a_fault_are_reported_by_one_check_only(
    database: tuple[Path, pd.DataFrame],
) -> None:
    folder, rows = database
    Path(rows["onset_path"].iloc[0]).unlink()
    evidence = Evidence.read(folder, rows, Published())
    for check in (
        PairDifference(least=1.0),
        Exposure(clipped=0.2, dark=25, bright=230),
        Sharpness(least=0.2),
    ):
        assert found_by(check, evidence) == []
