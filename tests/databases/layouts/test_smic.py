"""SMIC: a clip runs from onset to offset, and its middle counts as the apex."""

import shutil
from pathlib import Path

import pytest

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts import Smic
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.layouts_micro import lay_out_smic
from ...databases.layouts.layouts_posed import level_footage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay_out_smic(tmp_path, level_footage)
    return tmp_path


def test_the_middle_of_a_clip_is_its_apex(root: Path) -> None:
    recordings = list(Smic(root).read())
    assert len(recordings) == 18
    clip = root / "s2" / "micro" / "positive" / "s2_po_01"
    assert recordings[8] == Recording(
        sample_id="s2_positive_s2_po_01",
        subject_id="s2",
        label="positive",
        frames=[clip / f"reg_image{number:06}.bmp" for number in range(1, 6)],
        onset=0,
        apex=2,
        offset=4,
        apex_source="midpoint",
    )
    assert [one.subject_id for one in recordings[::6]] == ["s1", "s2", "s11"]


def test_what_is_no_clip_is_reported(root: Path) -> None:
    shutil.rmtree(root / "s1" / "micro")
    (root / "s2" / "micro" / "negative").rename(root / "s2" / "micro" / "sad")
    empty = root / "s11" / "micro" / "surprise" / "s11_sur_09"
    empty.mkdir()
    results = list(Smic(root).read())
    findings = [one.message for one in results if isinstance(one, Finding)]
    assert len(results) - len(findings) == 10
    assert [f.split(": found")[0].removeprefix(f"{root}/") for f in findings] == [
        "s1",
        "s2/micro/sad/s2_ne_01",
        "s2/micro/sad/s2_ne_02",
        "s11/micro/surprise/s11_sur_09",
    ]


def test_a_root_that_is_something_else_is_reported(root: Path) -> None:
    with pytest.raises(InputError, match=r"found micro, non_micro, expected .* one camera"):
        Smic(root / "s1")
