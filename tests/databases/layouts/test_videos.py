"""Videos are what a table says of them, and every row and file that it misses is results."""

from pathlib import Path

import pandas as pd
import pytest

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts import Videos
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.layouts_micro import lay_out_videos
from ...databases.layouts.layouts_posed import level_footage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay_out_videos(tmp_path, level_footage)
    return tmp_path


def read(root: Path, *rows: str) -> tuple[list[Recording], list[Finding]]:
    """What the table says, after its rows are replaced where any are given."""
    if rows:
        (root / "videos.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    results = list(Videos(root, annotations=None).read())
    recordings = [one for one in results if isinstance(one, Recording)]
    return recordings, [one for one in results if isinstance(one, Finding)]


def test_recordings_of_a_table(root: Path) -> None:
    recordings, findings = read(root)
    assert (len(recordings), findings) == (12, [])
    assert recordings[0] == Recording(
        sample_id="s10_posed 1",
        subject_id="s10",
        label="posed",
        frames=Video(root / "s10" / "posed 1.avi"),
        onset=0,
        apex=3,
        offset=4,
        details={"gender": None},
    )
    open_ones = [(one.sample_id, one.onset, one.apex, one.offset) for one in recordings[5:6]]
    assert open_ones == [("s1_posed 2", None, None, None)]
    assert recordings[5].details == {"gender": "female"}


def test_the_order_of_the_rows_says_nothing(root: Path) -> None:
    expected = read(root)
    table = pd.read_csv(root / "videos.csv", dtype=str)
    table.sample(frac=1, random_state=0).to_csv(root / "videos.csv", index=False)
    assert read(root) == expected


def test_a_table_may_lie_elsewhere_and_name_samples_and_whole_paths(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("mine") / "mine.csv"
    file = root / "s1" / "posed 1.avi"
    path.write_text(f"Sample_ID,FILE,Subject,Label\nü/1,{file},007,posed\n", encoding="utf-8")
    recording, *others = (
        one for one in Videos(root, annotations=path).read() if isinstance(one, Recording)
    )
    assert (recording.sample_id, recording.subject_id, others) == ("ü/1", "007", [])
    assert recording.frames == Video(file)


HEADER = "file,subject,label,onset"
FAULTS = {
    "s1/none.avi,s1,posed,": "row 3: found no s1/none.avi, expected a file below",
    "../s1/posed 1.avi,s1,posed,": "row 3: found no ../s1/posed 1.avi",
    "/etc/hostname,s1,posed,": "etc/hostname, expected a file below",
    ",s1,posed,": "row 3: found no .",
    "s1,s1,posed,": "row 3: found no s1, expected",
    "s1/posed 2.avi,,,": "row 3: found no subject and no label, expected a value",
    "s1/posed 1.avi,s1,posed,": "row 3: found sample s1_posed 1 again, expected a sample_id",
}


@pytest.mark.parametrize("row", FAULTS)
def test_a_row_that_is_excluded_is_reported(root: Path, row: str) -> None:
    recordings, findings = read(root, HEADER, "s1/posed 1.avi,s1,posed,0", row)
    assert [one.sample_id for one in recordings] == ["s1_posed 1"]
    assert FAULTS[row] in findings[0].message
    assert findings[0].severity is Severity.WARNING


@pytest.mark.parametrize("cell", ["-1", "1.5", "first", "²"])
def test_a_position_that_is_no_number_counts_as_not_reported(root: Path, cell: str) -> None:
    (recording,), findings = read(root, HEADER, f"s1/posed 1.avi,s1,posed,{cell}")
    assert recording.onset is None
    assert f"row 2: found onset '{cell}'" in findings[0].message
    assert findings[0].samples == ("s1_posed 1",)


def test_videos_without_a_row_are_reported(root: Path) -> None:
    _, findings = read(root, HEADER, "s1/posed 1.avi,s1,posed,0")
    (finding,) = findings
    assert "files without a row in" in finding.message
    assert "(11): s1/posed 2.avi," in finding.message


def test_a_missing_table_is_reported(root: Path) -> None:
    (root / "videos.csv").unlink()
    with pytest.raises(InputError, match=r"videos.csv: no such file"):
        read(root)
    with pytest.raises(InputError, match="no such folder"):
        Videos(root / "x", annotations=None)
