"""SAMM: the header is below a preamble, frames are named by subject and number."""

from pathlib import Path

import pytest

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts import Samm
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.layouts_micro import lay_out_samm
from ...databases.layouts.layouts_posed import level_footage


def test_key_frames_are_positions_of_the_numbers_in_names(tmp_path: Path) -> None:
    lay_out_samm(tmp_path, level_footage)
    results = list(Samm(tmp_path, annotations=None, labels=None).read())
    recordings = {one.sample_id: one for one in results if isinstance(one, Recording)}
    assert len(recordings) == 18
    clip = tmp_path / "006" / "006_2_2"
    assert recordings["006_006_2_2"] == Recording(
        sample_id="006_006_2_2",
        subject_id="006",
        label="happiness",
        frames=[clip / f"006_{number:05}.jpg" for number in range(2098, 2105)],
        onset=2,
        apex=5,
        offset=6,
        details={"emotion": "happiness", "action_units": "AU12"},
    )
    assert [sample for sample, one in recordings.items() if one.apex is None] == ["006_006_3_1"]
    (finding,) = (one for one in results if isinstance(one, Finding))
    assert "no Apex Frame in rows (1): 17" in finding.message


def test_a_root_that_is_something_else_is_reported(tmp_path: Path) -> None:
    (tmp_path / "sub01").mkdir()
    with pytest.raises(InputError, match="found sub01, expected frames such as 006/006_1_2/006_"):
        Samm(tmp_path, annotations=None, labels=None)
    (tmp_path / "006").mkdir()
    with pytest.raises(InputError, match=r"expected one table .xlsx of annotations, found none"):
        Samm(tmp_path, annotations=None, labels=None)
