"""UvA-NEMO: clips, their rows, and kinship."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.databases.layouts import UvaNemo
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import lay_out_uva_nemo, level_footage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay_out_uva_nemo(tmp_path, level_footage)
    return tmp_path


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("uva_nemo")
    lay_out_uva_nemo(root, level_footage)
    return root


def details(root: Path) -> Path:
    return root / "UvA-NEMO_Smile_Database_File_Details.txt"


def amend(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_each_row_below_the_header_is_a_smile(root: Path) -> None:
    recordings, findings = read_all(configured("uva_nemo", root))
    assert not findings
    assert len(recordings) == 16
    assert recordings[0] == Recording(
        sample_id="001_deliberate_smile_2",
        subject_id="001",
        label="posed",
        frames=Video(root / "videos" / "001_deliberate_smile_2.mp4"),
        details={"gender": "female", "age": 23.0},
    )
    # Deliberate 2 and 10, then spontaneous 2 and 10, of the first of four people.
    assert [r.sample_id[4:] for r in recordings[:3]] == [
        "deliberate_smile_2",
        "deliberate_smile_10",
        "spontaneous_smile_2",
    ]
    assert recordings[2].label == "spontaneous"


def test_relatives_are_one_subject_on_request(root: Path) -> None:
    recordings, findings = read_all(configured("uva_nemo", root, "database.group_by_kin=true"))
    assert not findings
    # 001 and 002 are no pair of the list, but both are kin of 004.
    assert {(r.details["person"], r.subject_id) for r in recordings} == {
        ("001", "family-001"),
        ("002", "family-001"),
        ("004", "family-001"),
        ("003", "003"),
    }


@given(order=st.permutations(range(16)), kin=st.permutations(range(2)))
def test_the_order_of_the_rows_changes_nothing(
    shuffled: Path, order: list[int], kin: list[int]
) -> None:
    files = details(shuffled), shuffled / "UvA-NEMO_Smile_Database_Kinship_Labels.txt"
    database = UvaNemo(shuffled, group_by_kin=True)
    before = list(database.read())
    for file, places in zip(files, (order, kin), strict=True):
        lines = file.read_text().splitlines()
        lines[5:] = [lines[5 + place] for place in places]
        file.write_text("\n".join(lines) + "\n")
    assert list(database.read()) == before


def test_a_row_without_its_clip_and_a_clip_without_its_row_are_named(root: Path) -> None:
    videos = root / "videos"
    (videos / "003_spontaneous_smile_10.mp4").rename(videos / "003_spontaneous_smile_11.mp4")
    recordings, findings = read_all(configured("uva_nemo", root))
    assert len(recordings) == 15
    assert [finding.message.split(":")[0] for finding in findings] == [
        f"{details(root)}, row 17",
        str(videos / "003_spontaneous_smile_11.mp4"),
    ]


def test_a_header_of_another_length_loses_no_clip_in_silence(root: Path) -> None:
    amend(details(root), "File Details\n", "")
    recordings, findings = read_all(configured("uva_nemo", root))
    assert len(recordings) == 15
    assert "001_deliberate_smile_2.mp4: found a clip without a row" in findings[0].message


def test_an_unknown_label_is_named_once_with_its_row(root: Path) -> None:
    row = "001_deliberate_smile_2.mp4\t001\tfemale\t23\t"
    amend(details(root), f"{row}deliberate", f"{row}polite")
    recordings, findings = read_all(configured("uva_nemo", root))
    assert len(recordings) == 15
    assert len(findings) == 1
    assert f"{details(root)}, row 6: found '001_deliberate_smile_2.mp4" in findings[0].message
    assert "polite" in findings[0].message


def test_a_clip_that_stands_twice_counts_once(root: Path) -> None:
    amend(details(root), "003_deliberate_smile_2.mp4", "003_deliberate_smile_10.mp4")
    recordings, findings = read_all(configured("uva_nemo", root))
    assert len(recordings) == 15
    assert "row 15: found 003_deliberate_smile_10.mp4 again" in findings[0].message
    assert "003_deliberate_smile_2.mp4: found a clip without a row" in findings[1].message


@pytest.mark.parametrize("age", ["", "old", "-3", "230"])
def test_an_age_that_is_none_is_left_empty_and_reported(age: str, root: Path) -> None:
    amend(
        details(root),
        "003_spontaneous_smile_2.mp4\t003\tmale\t8",
        f"003_spontaneous_smile_2.mp4\t003\tmale\t{age}",
    )
    recordings, findings = read_all(configured("uva_nemo", root))
    assert len(recordings) == 16
    assert [f.samples for f in findings] == [("003_spontaneous_smile_2",)]
    assert f"row 16: found the age {age!r}" in findings[0].message
    ages = {r.sample_id: r.details["age"] for r in recordings if r.subject_id == "003"}
    assert ages["003_spontaneous_smile_2"] is None
    assert ages["003_spontaneous_smile_10"] == 8


def test_a_line_of_the_kinship_file_that_names_no_pair_is_reported(root: Path) -> None:
    kinship = root / "UvA-NEMO_Smile_Database_Kinship_Labels.txt"
    amend(kinship, "002-004\tmother", "002\tmother")
    recordings, findings = read_all(configured("uva_nemo", root, "database.group_by_kin=true"))
    assert {r.subject_id for r in recordings} == {"family-001", "002", "003"}
    assert f"{kinship}, row 7: found '002\\tmother,daughter'" in findings[0].message


def test_a_root_without_videos_or_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder videos"):
        configured("uva_nemo", tmp_path)
    (tmp_path / "videos").mkdir()
    with pytest.raises(InputError, match=r"found 0 files \*File_Details.txt, expected one"):
        configured("uva_nemo", tmp_path)
    details(tmp_path).touch()
    # Hidden files of macOS are not clips.
    (tmp_path / f"._{details(tmp_path).name}").touch()
    assert read_all(configured("uva_nemo", tmp_path)) == ([], [])
    with pytest.raises(InputError, match=r"found 0 files \*Kinship_Labels.txt"):
        configured("uva_nemo", tmp_path, "database.group_by_kin=true")
