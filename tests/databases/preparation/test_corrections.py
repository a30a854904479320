"""A user's corrections, by sample."""

from pathlib import Path

import pytest

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.corrections import correct
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError


def recording(name: str, **more: object) -> Recording:
    usual = {"subject_id": "s1", "label": "posed", "frames": [], "onset": 1, "apex": 5}
    details = {"emotion": "fear", "age": 20.0}
    return Recording(**{"sample_id": name, **usual, "details": details, **more})


RECORDINGS = [recording("a"), recording("b"), recording("c", apex=None)]


def apply(folder: Path, text: str) -> tuple[list[Recording], list[Finding]]:
    file = folder / "mine.csv"
    file.write_text(text, encoding="utf-8")
    return correct(RECORDINGS, file)


def test_without_a_file_nothing_changes() -> None:
    assert correct(RECORDINGS, None) == (RECORDINGS, [])


def test_each_correction_is_applied_and_noted(tmp_path: Path) -> None:
    recordings, findings = apply(
        tmp_path,
        "\ufeffsample_id,drop,subject_id,label,onset,apex,offset,emotion,age\n"
        "c,,s9,spontaneous,2,7,9,joy,31\n"
        "a,yes,,,,,,,\n"
        "b,no,,,,,,,\n",
    )
    assert [one.sample_id for one in recordings] == ["b", "c"]
    kept, changed = recordings
    assert kept == RECORDINGS[1]
    assert (changed.subject_id, changed.label) == ("s9", "spontaneous")
    assert (changed.onset, changed.apex, changed.offset) == (2, 7, 9)
    assert (changed.onset_source, changed.apex_source) == ("corrected", "corrected")
    assert changed.details == {"emotion": "joy", "age": 31.0}
    assert kept.onset_source == "annotated"
    assert len(findings) == 8
    assert {one.severity for one in findings} == {Severity.NOTE}
    assert findings[0].samples == ("a",)


def test_a_corrected_onset_keeps_the_source_of_the_apex(tmp_path: Path) -> None:
    (other, changed, _), _ = apply(tmp_path, "sample_id,onset\nb,3\n")
    assert changed.onset == 3
    assert (changed.onset_source, changed.apex_source) == ("corrected", "annotated")
    assert other.onset_source == "annotated"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sample_id,label\nz,posed\n", r"row 2: sample_id 'z' is not in the database"),
        ("sample_id,label\na,x\n\n\na,y\n", r"row 5: sample_id 'a' occurs twice"),
        ("sample_id,wrong\na,1\n", "row 1: column 'wrong' is unknown"),
        ("label\nposed\n", "no column sample_id; found label in row 1"),
        ("", "no column sample_id; found nothing"),
        ("sample_id,label,label\na,x,y\n", "column 'label' occurs twice"),
        ("sample_id,drop\na,perhaps\n", "row 2: drop is 'perhaps', expected yes or no"),
        ("sample_id,apex\na,-3\n", "row 2: apex is '-3', expected a position from 0"),
        ("sample_id,apex\na,1.5\n", "row 2: apex is '1.5'"),
        ("sample_id,label\na,x,y\n", "row 2: found 3 cells, expected 2"),
        ("sample_id,label,onset\na,x\n", "row 2: found 2 cells, expected 3"),
    ],
)
def test_an_invalid_file_is_refused_with_its_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        apply(tmp_path, text)
    assert "mine.csv" in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: no such file"):
        correct(RECORDINGS, tmp_path / "gone.csv")
    (tmp_path / "broken.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"broken\.xlsx: cannot be read"):
        correct(RECORDINGS, tmp_path / "broken.xlsx")
