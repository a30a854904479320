"""The BBC smiles: clips alone, and nobody known."""

from pathlib import Path

import pytest

from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import lay_out_bbc_smiles, level_footage


def test_each_clip_is_a_smile_of_another_person(tmp_path: Path) -> None:
    lay_out_bbc_smiles(tmp_path, level_footage)
    recordings, findings = read_all(configured("bbc_smiles", tmp_path))
    assert recordings[0] == Recording(
        sample_id="spontaneous_smile1",
        subject_id="spontaneous_smile1",
        label="spontaneous",
        frames=Video(tmp_path / "Genuine" / "smile1.mp4"),
    )
    assert [r.label for r in recordings] == ["spontaneous"] * 4 + ["posed"] * 4
    # Two clips of one name in the two folders are not taken for one person.
    assert len({recording.subject_id for recording in recordings}) == 8
    assert [finding.severity for finding in findings] == [Severity.NOTE]
    assert findings[0].samples == tuple(recording.sample_id for recording in recordings)


def test_a_root_without_the_genuine_smiles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "posed").mkdir()
    with pytest.raises(InputError, match="expected a folder Genuine"):
        configured("bbc_smiles", tmp_path)
