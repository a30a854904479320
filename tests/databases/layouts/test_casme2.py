"""CASME II: frames are found by the numbers in their names, whatever the table leaves out."""

import random
import re
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts import Casme2
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.layouts_micro import lay_out_casme2
from ...databases.layouts.layouts_posed import level_footage

FIVE = {e: e for e in ("happiness", "disgust", "repression", "surprise", "others")}
TABLE = "CASME2-coding-20140508.xlsx"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay_out_casme2(tmp_path, level_footage)
    return tmp_path


def read(database: Casme2) -> tuple[list[Recording], list[Finding]]:
    results = list(database.read())
    recordings = [one for one in results if isinstance(one, Recording)]
    return recordings, [one for one in results if isinstance(one, Finding)]


def edit(root: Path, cell: str, value: object) -> None:
    book = load_workbook(root / TABLE)
    book.active[cell] = value
    book.save(root / TABLE)


def test_key_frames_are_positions_of_the_numbers_in_names(root: Path) -> None:
    recordings, _ = read(Casme2(root, annotations=None, labels=FIVE))
    assert [r.sample_id for r in recordings] == [
        "sub01_EP01_01f",
        "sub01_EP01_03f",
        "sub01_EP02_02f",
        "sub01_EP02_04f",
        "sub02_EP01_07f",
        "sub02_EP01_09f",
        "sub02_EP02_08f",
        "sub02_EP02_10f",
        "sub10_EP01_13f",
        "sub10_EP01_15f",
        "sub10_EP02_14f",
        "sub10_EP02_16f",
    ]
    clip = root / "sub01" / "EP01_03f"
    assert recordings[1] == Recording(
        sample_id="sub01_EP01_03f",
        subject_id="sub01",
        label="disgust",
        frames=[clip / f"img{number}.jpg" for number in (7, 8, 9, 10, 11, 12, 13)],
        onset=2,  # img9.jpg
        apex=5,  # img12.jpg
        offset=6,
        details={"emotion": "disgust", "action_units": "4+R7"},
    )


def test_an_apex_that_is_not_reported_is_derived_and_noted(root: Path) -> None:
    recordings, findings = read(Casme2(root, annotations=None, labels=FIVE))
    assert [r.apex for r in recordings] == [None] + [5] * 11
    (noted,) = (finding for finding in findings if "ApexFrame" in finding.message)
    assert noted.severity is Severity.NOTE
    assert noted.samples == ("sub01_EP01_01f",)
    assert f"{TABLE}: no ApexFrame in rows (1): 2" in noted.message


def test_an_emotion_without_a_class_is_excluded_and_noted(root: Path) -> None:
    two = {"Happiness": "positive", "disgust": "negative", "fear": None}
    recordings, findings = read(Casme2(root, annotations=None, labels=two))
    assert {r.details["emotion"]: r.label for r in recordings} == {
        "happiness": "positive",
        "disgust": "negative",
    }
    (noted,) = (finding for finding in findings if "class" in finding.message)
    assert "'fear' has no class in labels and is excluded in rows (6): 6, 7, 12, 13, 18 and 1" in (
        noted.message
    )
    assert (noted.severity, len(noted.samples)) == (Severity.NOTE, 6)


def test_published_counts_follow_the_choice_of_classes(root: Path) -> None:
    every = Casme2(root, annotations=None, labels=None).published
    assert (every.subjects, every.samples, every.labels["fear"]) == (26, 255, 2)
    two = Casme2(root, annotations=None, labels={"sadness": "low", "fear": "low"}).published
    assert (two.subjects, two.samples, two.labels) == (None, 9, {"low": 9})
    assert len(read(Casme2(root, annotations=None, labels=None))[0]) == 18


def test_the_order_of_the_rows_says_nothing(root: Path) -> None:
    expected, _ = read(Casme2(root, annotations=None, labels=FIVE))
    book = load_workbook(root / TABLE)
    header, *rows = book.active.iter_rows(values_only=True)
    random.Random(0).shuffle(rows)
    book.active.delete_rows(1, len(rows) + 1)
    for row in (header, *rows):
        book.active.append(row)
    book.save(root / "sub01" / "shuffled.xlsx")
    shuffled, _ = read(Casme2(root, annotations=root / "sub01" / "shuffled.xlsx", labels=FIVE))
    assert shuffled == expected


def test_a_subject_may_be_a_number_of_the_sheet(root: Path) -> None:
    expected = read(Casme2(root, annotations=None, labels=FIVE))
    edit(root, "A2", 1)
    assert read(Casme2(root, annotations=None, labels=FIVE)) == expected


def test_sub1_is_not_sub01(root: Path) -> None:
    expected, _ = read(Casme2(root, annotations=None, labels=FIVE))
    shutil.copytree(root / "sub02", root / "sub1")
    recordings, findings = read(Casme2(root, annotations=None, labels=FIVE))
    assert recordings == expected
    assert sum(f"{root}/sub1/" in finding.message for finding in findings) == 6


FAULTS: dict[str, tuple[str, object, str, int]] = {
    "no folder": ("B4", "EP01_99f", "row 4: found no image in sub01/EP01_99f", 11),
    "out of root": ("B4", "../../x", "row 4: found no image in sub01/../../x", 11),
    "another subject": ("A4", "11", "row 4: found no image in sub11/EP01_03f", 11),
    "twice": ("B4", "EP01_01f", "row 4: found sub01/EP01_01f again", 11),
    "no such frame": ("E4", 46, "row 4: ApexFrame '46' is no frame in .*from 7 to 13", 12),
    "no number": ("D4", "nine", "row 4: OnsetFrame 'nine' is no frame", 12),
    "unknown emotion": ("I4", "hapiness", "'hapiness' has no class .*rows \\(1\\): 4", 11),
    "no emotion": ("I4", None, "'' has no class .*rows \\(1\\): 4", 11),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_row_is_reported(root: Path, fault: str) -> None:
    cell, value, results, kept = FAULTS[fault]
    edit(root, cell, value)
    recordings, findings = read(Casme2(root, annotations=None, labels=FIVE))
    assert len(recordings) == kept
    warnings = [f.message for f in findings if f.severity is Severity.WARNING]
    assert any(re.search(results, message) for message in warnings), warnings


def test_of_two_rows_of_a_clip_the_first_counts(root: Path) -> None:
    edit(root, "B4", "EP01_01f")
    recordings, _ = read(Casme2(root, annotations=None, labels=FIVE))
    assert (recordings[0].label, recordings[0].apex) == ("happiness", None)


def test_a_folder_that_no_row_codes_is_reported(root: Path) -> None:
    edit(root, "A4", "1x")
    _, findings = read(Casme2(root, annotations=None, labels=FIVE))
    assert any(
        "EP01_03f: found frames, expected a row of sub01/EP01_03f" in f.message for f in findings
    )


def test_a_file_without_a_number_of_its_own_is_reported(root: Path) -> None:
    clip = root / "sub01" / "EP01_03f"
    (clip / "img09.jpg").write_bytes((clip / "img9.jpg").read_bytes())
    (clip / "thumb.jpg").write_bytes((clip / "img9.jpg").read_bytes())
    (clip / "._img9.jpg").write_bytes(b"")
    recordings, findings = read(Casme2(root, annotations=None, labels=FIVE))
    assert [len(r.frames) for r in recordings] == [7] * 12
    results = [f.message for f in findings if f.samples == ("sub01_EP01_03f",)]
    assert ["thumb.jpg: found no number" in m for m in results] == [False, True]
    assert "img9.jpg" in results[0] and "img09.jpg" in results[0]


def test_a_root_that_is_something_else_is_reported(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found EP01_01f, .* expected .*sub01/EP02_01f/img46.jpg"):
        Casme2(root / "sub01", annotations=None, labels=None)
    with pytest.raises(InputError, match="no such folder"):
        Casme2(root / "sub99", annotations=None, labels=None)
    (root / "~$CASME2.xlsx").touch()
    Casme2(root, annotations=None, labels=None)
    (root / "other.xlsx").touch()
    with pytest.raises(InputError, match=f"found {TABLE}, other.xlsx: name it with"):
        Casme2(root, annotations=None, labels=None)
