"""SPOS: takes in folders that name subject, emotion and class."""

from pathlib import Path

import pytest

from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import lay_out_spos, level_footage


def test_each_take_is_a_recording_without_key_frames(tmp_path: Path) -> None:
    lay_out_spos(tmp_path, level_footage)
    recordings, findings = read_all(configured("spos", tmp_path))
    assert not findings
    # Two labels, two emotions, three subjects, two takes.
    assert len(recordings) == 24
    take = tmp_path / "posed" / "fear" / "rui-2"
    assert recordings[1] == Recording(
        sample_id="posed_fear_rui-2",
        subject_id="rui",
        label="posed",
        frames=[take / f"img{number}.bmp" for number in (8, 9, 10, 11, 12)],
        details={"emotion": "fear", "take": "2", "modality": "visible"},
    )
    assert {recording.label for recording in recordings[12:]} == {"spontaneous"}


def test_a_subject_whose_name_begins_another_is_a_person_of_its_own(tmp_path: Path) -> None:
    lay_out_spos(tmp_path, level_footage)
    recordings, _ = read_all(configured("spos", tmp_path))
    for subject in ("yi", "ying"):
        ids = [r.sample_id for r in recordings if r.subject_id == subject]
        assert len(ids) == 8
        assert all(sample.split("_")[2].startswith(f"{subject}-") for sample in ids)


def test_the_near_infrared_frames_are_named_so(tmp_path: Path) -> None:
    lay_out_spos(tmp_path, level_footage)
    recordings, _ = read_all(configured("spos_nir", tmp_path))
    assert {recording.details["modality"] for recording in recordings} == {"near-infrared"}


def test_folders_that_are_no_take_are_named(tmp_path: Path) -> None:
    lay_out_spos(tmp_path, level_footage)
    (tmp_path / "posed" / "anger").mkdir()
    (tmp_path / "posed" / "fear" / "rui-3").mkdir()
    (tmp_path / "posed" / "fear" / "rui").mkdir()
    recordings, findings = read_all(configured("spos", tmp_path))
    assert len(recordings) == 24
    posed = tmp_path / "posed"
    places = [finding.message.split(":")[0] for finding in findings]
    assert places == [str(posed / name) for name in ("anger", "fear/rui", "fear/rui-3")]
    assert "found no image, expected its frames" in findings[2].message


def test_a_root_without_one_of_the_two_parts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "posed").mkdir()
    with pytest.raises(InputError, match="found posed, expected a folder spontaneous"):
        configured("spos", tmp_path)
