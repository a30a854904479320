"""USTC-NVIE: pairs that a user's table lists."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.layouts import UstcNvie
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import lay_out_ustc_nvie, level_footage

POSED = "NVIE Database/0-PosedExpressionDatabase"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ustc_nvie")
    lay_out_ustc_nvie(root, level_footage)
    return root


def listed(root: Path, table: Path, *rows: str) -> UstcNvie:
    """The database with a list of the user's own."""
    table.write_text("\n".join(rows) + "\n")
    return UstcNvie(root, table, Published())


def test_each_row_is_a_pair_whose_name_tells_the_emotion(root: Path) -> None:
    override = f"database.annotations='{root}/key_frames.csv'"
    database = configured("ustc_nvie_subset", root, override)
    recordings, findings = read_all(database)
    assert not findings
    # Three subjects, two labels, two emotions.
    assert len(recordings) == 12
    folder = root / POSED / "P1" / "visible" / "1-happiness"
    # In the order of the ids, P10 comes first.
    assert recordings[2] == Recording(
        sample_id="NVIE_Database_0-PosedExpressionDatabase_P1_visible_1-happiness_1_004",
        subject_id="P1",
        label="posed",
        frames=[folder / "1_001.bmp", folder / "1_004.bmp"],
        onset=0,
        apex=1,
        details={"emotion": "happiness"},
    )
    assert {r.details["emotion"] for r in recordings} == {"happiness", "surprise"}
    assert (database.published.subjects, database.published.samples) == (80, 1028)
    full = configured("ustc_nvie_full", root, override).published
    assert (full.subjects, full.samples) == (148, 4203)


def test_what_the_table_tells_goes_before_what_a_name_tells(root: Path, tmp_path: Path) -> None:
    place = f"{POSED}/P2/visible/4-surprise".replace("/", "\\")
    database = listed(
        root,
        tmp_path / "mine.csv",
        "Sample_ID,Subject,Label,Onset,Apex,Emotion,glasses",
        rf"a,P2,Posed,{place}\4_001.bmp,{place}\4_003.bmp,fear,no",
        rf"b,P2,posed,{place}\4_001.bmp,{place}\4_004.bmp,,",
    )
    recordings, findings = read_all(database)
    assert not findings
    assert [(r.sample_id, r.label) for r in recordings] == [("a", "posed"), ("b", "posed")]
    assert recordings[0].details == {"emotion": "fear", "glasses": "no"}
    assert recordings[1].details == {"emotion": "surprise", "glasses": None}


def test_a_pair_of_one_file_is_reported_from_a_pair_of_two(root: Path, tmp_path: Path) -> None:
    frame = f"{POSED}/P2/visible/4-surprise/4_001.bmp"
    table = tmp_path / "mine.csv"
    database = listed(root, table, "subject,label,onset,apex", f"P2,posed,{frame},{frame}")
    (recording,), _ = read_all(database)
    assert (recording.onset, recording.apex, len(recording.frames)) == (0, 0, 1)


def test_rows_that_cannot_be_used_are_named(root: Path, tmp_path: Path) -> None:
    onset, apex = (f"{POSED}/P2/visible/4-surprise/4_00{n}.bmp" for n in (1, 4))
    (root / "neutral.bmp").touch()
    (root / "9.bmp").touch()
    table = tmp_path / "mine.csv"
    database = listed(
        root,
        table,
        "subject,label,onset,apex",
        f"P2,acted,{onset},{apex}",
        f",posed,{onset},{apex}",
        f"P2,posed,{onset},{POSED}/none.bmp",
        f"P2,posed,,{apex}",
        f"P2,posed,{onset},{apex}",
        f"P2,spontaneous,{onset},{apex}",
        f"P2,posed,{onset},neutral.bmp",
        f"P2,posed,{onset},9.bmp",
    )
    recordings, findings = read_all(database)
    assert [r.sample_id for r in recordings][:2] == ["9", recordings[1].sample_id]
    assert len(recordings) == 3
    starts = [
        finding.message.removeprefix(f"{table}, ").split(", expected")[0] for finding in findings
    ]
    sample = "NVIE_Database_0-PosedExpressionDatabase_P2_visible_4-surprise_4_004"
    assert starts == [
        "row 2: found subject 'P2', label 'acted'",
        "row 3: found subject '', label 'posed'",
        f"row 4: found onset '{onset}', apex '{POSED}/none.bmp'",
        f"row 5: found onset '', apex '{apex}'",
        f"row 7: found {sample} again",
        "row 8: no emotion, and the first digit of neutral.bmp is not 1 to 6: it stays empty",
        "row 9: no emotion, and the first digit of 9.bmp is not 1 to 6: it stays empty",
    ]


@given(order=st.permutations(range(12)))
def test_the_order_of_the_rows_changes_nothing(root: Path, order: list[int]) -> None:
    header, *rows = (root / "key_frames.csv").read_text().splitlines()
    database = listed(root, root / "shuffled.csv", header, *(rows[place] for place in order))
    expected = UstcNvie(root, root / "key_frames.csv", Published())
    assert list(database.read()) == list(expected.read())


def test_a_missing_list_is_asked_for_with_its_header(root: Path) -> None:
    with pytest.raises(InputError) as mistake:
        configured("ustc_nvie_subset", root)
    assert "sample_id,emotion,subject,label,onset,apex" in str(mistake.value)
    assert "database.annotations=FILE.csv" in str(mistake.value)
    assert "\n" not in str(mistake.value)


def test_a_missing_root_or_column_is_reported(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder, expected USTC-NVIE"):
        configured("ustc_nvie_full", tmp_path / "none")
    database = listed(root, tmp_path / "mine.csv", "subject,label,onset,peak", "P1,posed,a,b")
    with pytest.raises(InputError, match="no column apex"):
        list(database.read())
