"""Pairs of images are what a table says of them."""

from pathlib import Path

from posed_spontaneous.databases.findings import Finding
from posed_spontaneous.databases.layouts import PairListing
from posed_spontaneous.databases.recording import Recording

from ...databases.layouts.layouts_micro import lay_out_pairs
from ...databases.layouts.layouts_posed import level_footage


def test_recordings_of_a_table(tmp_path: Path) -> None:
    lay_out_pairs(tmp_path, level_footage)
    recordings = list(PairListing(tmp_path, annotations=None).read())
    assert len(recordings) == 12
    assert recordings[0] == Recording(
        sample_id="s10_posed1-onset_posed1-apex",
        subject_id="s10",
        label="posed",
        frames=[tmp_path / "s10" / "posed1-onset.png", tmp_path / "s10" / "posed1-apex.png"],
        onset=0,
        apex=1,
        details={"emotion": "happiness"},
    )


def test_rows_and_images_without_each_other_are_reported(tmp_path: Path) -> None:
    lay_out_pairs(tmp_path, level_footage)
    (tmp_path / "s1" / "posed1-apex.png").unlink()
    results = list(PairListing(tmp_path, annotations=None).read())
    findings = [one.message for one in results if isinstance(one, Finding)]
    assert len(results) - len(findings) == 11
    assert "row 2: found no s1/posed1-apex.png, expected a file" in findings[0]
    (tmp_path / "s1" / "more.PNG").touch()
    results = list(PairListing(tmp_path, annotations=None).read())
    (last,) = (one.message for one in results[1:] if isinstance(one, Finding))
    assert last.endswith(f"without a row in {tmp_path}/pairs.csv (1): s1/more.PNG")
