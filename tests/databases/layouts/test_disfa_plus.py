"""DISFA+: key frames from the intensities of action units."""

from pathlib import Path

import pandas as pd
import pytest

from posed_spontaneous.databases.layouts.action_units import onset_and_apex
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import lay_out_disfa_plus, level_footage

TASK = "A1_AU1_TrailNo_1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay_out_disfa_plus(tmp_path, level_footage)
    return tmp_path


def listed(root: Path) -> str:
    return f"database.sessions='{root}/sessions.csv'"


def code(root: Path, unit: int, *rows: str) -> None:
    """Writes the codes of an action unit of the first session below the two lines of the header."""
    file = root / "Labels" / "SN001" / TASK / f"AU{unit}.txt"
    file.write_text("\n".join(["Action unit", "frame and intensity", *rows]))


def first(root: Path) -> tuple[Recording, list[str]]:
    """The first session and the findings about it."""
    recordings, findings = read_all(configured("disfa_plus", root, listed(root)))
    assert recordings[0].sample_id == f"SN001_{TASK}"
    return recordings[0], [f.message for f in findings if recordings[0].sample_id in f.samples]


def test_a_session_of_a_task_is_posed_and_its_apex_the_strongest_frame(root: Path) -> None:
    recordings, findings = read_all(configured("disfa_plus", root, listed(root)))
    assert not findings
    # Three subjects with two tasks and one session that the table calls spontaneous.
    assert [r.label for r in recordings] == ["posed", "spontaneous", "posed"] * 3
    images = root / "Images" / "SN001" / TASK
    assert recordings[0] == Recording(
        sample_id=f"SN001_{TASK}",
        subject_id="SN001",
        label="posed",
        frames=[images / f"00{number}.jpg" for number in range(5)],
        onset=1,
        apex=3,
        apex_source="action units",
        details={"task": "A1_AU1"},
    )
    assert [r.details["task"] for r in recordings[:3]] == ["A1_AU1", "clip3", "Y_HappyDescribed"]


@pytest.mark.parametrize(
    ("strengths", "onset", "apex"),
    [
        ([0, 0, 2, 5, 5, 0], 1, 3),  # the last frame at rest, the first of the strongest
        ([0, 3, 1, 4, 0], 0, 3),  # at rest goes before a lull
        ([2, 1, 3, 9, 0], 1, 3),  # never at rest: the weakest
        ([7, 2, 0], 0, 0),  # strongest at once: no frame before it
        ([0, None, 3, 1], 0, 2),  # an unknown frame is neither
        ([0, 0], None, None),
        ([None, 0], None, None),
        ([], None, None),
    ],
)
def test_onset_and_apex_of_worked_examples(
    strengths: list[float | None], onset: int | None, apex: int | None
) -> None:
    assert onset_and_apex(pd.Series(strengths, dtype=float)) == (onset, apex)


def test_the_intensities_of_all_units_are_added(root: Path) -> None:
    for unit in (6, 12):
        code(root, unit, *(f"00{frame}.jpg     0" for frame in range(5)))
    code(root, 4, "000.jpg     0", "001.jpg     3", "002.jpg     0", "003.jpg     0", "004.jpg 2")
    code(root, 25, "000.jpg     0", "001.jpg     0", "002.jpg     0", "003.jpg     0", "004.jpg 2")
    recording, _ = first(root)
    # Sums 0, 3, 0, 0, 4: unit 4 alone would take frame 1.
    assert (recording.onset, recording.apex) == (3, 4)


def test_rows_are_matched_by_the_name_of_the_frame(root: Path) -> None:
    rows = [f"00{frame}.jpg     {strength}" for frame, strength in enumerate([0, 0, 5, 0, 0])]
    for unit in (6, 12):
        code(root, unit, *reversed(rows))
    recording, faults = first(root)
    assert (recording.onset, recording.apex) == (1, 2)
    assert not faults


@pytest.mark.parametrize("strength", ["6", "-1", "9.0", "x"])
def test_an_intensity_out_of_range_is_reported_and_never_the_apex(
    strength: str, root: Path
) -> None:
    code(root, 1, "000.jpg 0", "001.jpg 0", "002.jpg 1", f"003.jpg {strength}", "004.jpg 0")
    recording, faults = first(root)
    assert faults == [
        f"{root / 'Labels' / 'SN001' / TASK}: no number from 0 to 5 for 003: the apex is set to "
        "004.jpg"
    ]
    assert recording.apex == 4


def test_rows_without_frames_and_frames_without_rows_are_reported(root: Path) -> None:
    (root / "Images" / "SN001" / TASK / "004.jpg").rename(
        root / "Images" / "SN001" / TASK / "005.jpg"
    )
    recording, faults = first(root)
    assert "no image for 004; no number from 0 to 5 for 005:" in faults[0]
    assert (recording.onset, recording.apex) == (1, 3)


def test_a_missing_file_of_a_unit_is_reported_and_the_others_are_added(root: Path) -> None:
    (root / "Labels" / "SN001" / TASK / "AU20.txt").unlink()
    recording, faults = first(root)
    assert "no file for AU20.txt: the apex is set to 003.jpg" in faults[0]
    assert recording.apex == 3


def test_a_session_without_codes_or_movement_has_no_key_frames(root: Path) -> None:
    folder = root / "Labels" / "SN001" / TASK
    for unit in (6, 12):
        code(root, unit, *(f"00{frame}.jpg     0" for frame in range(5)))
    recording, faults = first(root)
    assert (recording.onset, recording.apex) == (None, None)
    assert faults == [f"{folder}: no movement for any frame: the apex is unknown"]
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    recording, faults = first(root)
    assert (recording.onset, recording.apex) == (None, None)
    assert "no file for AU1.txt" in faults[0]


def test_a_session_whose_name_tells_no_label_asks_for_a_table(root: Path) -> None:
    recordings, findings = read_all(configured("disfa_plus", root))
    assert {recording.label for recording in recordings} == {"posed"}
    assert len(findings) == 3
    assert f"{root / 'Images' / 'SN001' / 'clip3'}: found a name without a label" in (
        findings[0].message
    )
    assert "subject,session,label for it in database.sessions=FILE.csv" in findings[0].message


def test_a_name_may_tell_that_a_session_is_spontaneous(root: Path) -> None:
    (root / "Images" / "SN001" / "clip3").rename(root / "Images" / "SN001" / "Spontaneous_1")
    (root / "Labels" / "SN001" / "clip3").rename(root / "Labels" / "SN001" / "Spontaneous_1")
    recordings, _ = read_all(configured("disfa_plus", root))
    assert [r.label for r in recordings] == [
        "posed",
        "spontaneous",
        "posed",
        "posed",
        "posed",
        "posed",
        "posed",
    ]


def test_rows_of_the_table_that_cannot_be_used_are_named(root: Path) -> None:
    table = root / "sessions.csv"
    table.write_text(
        "subject,session,label\n"
        f"SN001,{TASK},spontaneous\n"
        "SN001,clip3,acted\n"
        f"SN001,{TASK},posed\n"
        "SN009,clip3,posed\n"
    )
    recordings, findings = read_all(configured("disfa_plus", root, listed(root)))
    # The table goes before the name.
    assert (recordings[0].sample_id, recordings[0].label) == (f"SN001_{TASK}", "spontaneous")
    assert [finding.message.split(", expected")[0] for finding in findings[:3]] == [
        f"{table}, row 3: found the label 'acted'",
        f"{table}, row 4: found SN001_{TASK} again",
        f"{table}, row 5: found SN009_clip3",
    ]


def test_codes_without_images_and_images_without_frames_are_named(root: Path) -> None:
    images = root / "Images" / "SN003" / TASK
    for image in images.iterdir():
        image.unlink()
    (root / "Labels" / "SN003" / "B2_AU6_TrailNo_1").mkdir()
    recordings, findings = read_all(configured("disfa_plus", root, listed(root)))
    assert len(recordings) == 8
    assert f"{images}: found no image" in findings[0].message
    assert "B2_AU6_TrailNo_1: found intensities only" in findings[1].message


def test_a_root_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Images").mkdir()
    with pytest.raises(InputError, match="found Images, expected a folder Labels"):
        configured("disfa_plus", tmp_path)
