"""CK+: sequences from neutral to apex, many without an emotion."""

from pathlib import Path

import pytest

from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import lay_out_ck_plus, level_footage


def test_a_labelled_sequence_runs_from_onset_to_apex(tmp_path: Path) -> None:
    lay_out_ck_plus(tmp_path, level_footage)
    recordings, findings = read_all(configured("ck_plus", tmp_path))
    images = tmp_path / "cohn-kanade-images" / "S005" / "001"
    assert recordings[0] == Recording(
        sample_id="S005_001",
        subject_id="S005",
        label="happiness",
        frames=[images / f"S005_001_0000000{number}.png" for number in (1, 2, 3, 4)],
        onset=0,
        apex=3,
        apex_source="last frame",
    )
    assert [r.label for r in recordings] == ["happiness", "surprise"] * 3
    # What is left out for want of a label is named in one finding.
    assert [finding.samples for finding in findings] == [("S005_003", "S010_003", "S011_003")]


def test_sequences_without_an_emotion_are_kept_on_request(tmp_path: Path) -> None:
    lay_out_ck_plus(tmp_path, level_footage)
    database = configured("ck_plus", tmp_path, "database.unlabelled=keep")
    recordings, findings = read_all(database)
    assert [r.label for r in recordings] == ["happiness", "surprise", "unlabelled"] * 3
    assert len(findings[0].samples) == 3
    assert database.published.samples == 593


def test_the_folder_of_labels_may_be_called_as_its_archive(tmp_path: Path) -> None:
    lay_out_ck_plus(tmp_path, level_footage)
    expected = read_all(configured("ck_plus", tmp_path))[0]
    (tmp_path / "Emotion").rename(tmp_path / "Labels")
    (tmp_path / "Emotion_labels").mkdir()
    (tmp_path / "Labels").rename(tmp_path / "Emotion_labels" / "Emotion")
    assert read_all(configured("ck_plus", tmp_path))[0] == expected


@pytest.mark.parametrize("text", ["8", "2.5", "-1", "happy", "", "nan"])
def test_a_label_that_names_no_emotion_is_reported(text: str, tmp_path: Path) -> None:
    lay_out_ck_plus(tmp_path, level_footage)
    folder = tmp_path / "Emotion" / "S010" / "002"
    next(folder.iterdir()).write_text(text)
    recordings, findings = read_all(configured("ck_plus", tmp_path))
    assert "S010_002" not in {recording.sample_id for recording in recordings}
    assert f"{folder}: found {text!r}, expected one file" in findings[0].message


def test_two_labels_of_one_sequence_are_reported(tmp_path: Path) -> None:
    lay_out_ck_plus(tmp_path, level_footage)
    (tmp_path / "Emotion" / "S010" / "002" / "second_emotion.txt").write_text("1.0")
    _, findings = read_all(configured("ck_plus", tmp_path))
    assert "found '7.0000000e+00', '1.0', expected one file" in findings[0].message


def test_images_without_a_label_and_a_label_without_images_are_no_pair(tmp_path: Path) -> None:
    lay_out_ck_plus(tmp_path, level_footage)
    images = tmp_path / "cohn-kanade-images"
    for image in (images / "S005" / "001").iterdir():
        image.unlink()
    (images / "S011" / "002").rename(images / "S011" / "004")
    recordings, findings = read_all(configured("ck_plus", tmp_path))
    assert [r.sample_id for r in recordings] == ["S005_002", "S010_001", "S010_002", "S011_001"]
    assert f"{images / 'S005' / '001'}: found no image" in findings[0].message
    assert f"its sequence in {images / 'S011' / '002'}" in findings[1].message
    assert "S011_004" in findings[2].samples


def test_a_root_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Emotion").mkdir()
    with pytest.raises(InputError, match="found Emotion, expected a folder cohn-kanade-images"):
        configured("ck_plus", tmp_path)
