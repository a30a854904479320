"""Tables are read as text, wherever their header is and whatever program wrote them."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.tables import read_table


def save(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_sheet_is_read_below_its_preamble(tmp_path: Path) -> None:
    path = save(
        tmp_path / "codes.xlsx",
        ["Subject: who it is"],
        [],
        ["Subject", None, "Onset\n Frame", "Notes"],
        ["006", 1, 12, "a  b "],
        [None, None, None, None],
        [7, None, 12.0, None],
    )
    table = read_table(path, ["subject", "onset frame"])
    expected = pd.DataFrame(
        {"subject": ["006", "7"], "onset frame": ["12", "12"], "Notes": ["a  b", ""]},
        index=pd.Index([4, 6], name="row"),
        dtype=object,
    )
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.parametrize(("suffix", "sign"), [(".csv", ","), (".tsv", "\t"), (".TXT", "\t")])
def test_a_row_has_the_number_that_an_editor_shows(tmp_path: Path, suffix: str, sign: str) -> None:
    path = tmp_path / f"codes{suffix}"
    lines = ["\ufeffabout", sign.join("ab"), "", sign.join(["é", '"2\n3"']), sign.join(["4"])]
    path.write_text("\r\n".join(lines), encoding="utf-8")
    table = read_table(path, ["b", "a"])
    assert table.to_dict("index") == {5: {"a": "é", "b": "2\n3"}, 6: {"a": "4", "b": ""}}


cells = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=5)


@given(st.lists(st.tuples(cells, cells).filter(any), max_size=5))
@settings(max_examples=40)
def test_every_row_that_is_not_blank_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    pd.DataFrame(rows, columns=["file", "label"]).to_csv(path, index=False)
    table = read_table(path, ["file", "label"])
    assert [*table.itertuples(index=False, name=None)] == rows


FAULTS: dict[str, tuple[str, bytes | None, str]] = {
    "missing": ("x.csv", None, "x.csv: no such file"),
    "kind": ("x.xls", b"", "found a .xls file, expected .csv, .tsv, .txt or .xlsx"),
    "no sheet": ("x.xlsx", b"file,label", "cannot be read"),
    "broken sheet": ("x.xlsx", b"PK\x03\x04 and no more", "cannot be read"),
    "no encoding": ("x.csv", b"file,label\n\x81,b", "cannot be read .*charmap"),
    "empty": ("x.csv", b"", "no column file, label; found nothing"),
    "columns": ("x.csv", b"notes\nlabel,who\n", "no column file; found label, who in row 2"),
    "two signs": (
        "x.csv",
        b"file;label,a\n",
        "no column file, label; found file;label, a in row 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_in_one_line(tmp_path: Path, fault: str) -> None:
    name, content, results = FAULTS[fault]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=results) as error:
        read_table(tmp_path / name, ["file", "label"])
    assert "\n" not in str(error.value)


@given(
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n"]),
    suffix=st.sampled_from([".csv", ".CSV", ".tsv", ".txt"]),
    first=st.booleans(),
    margin=st.sampled_from(["", " ", "  "]),
)
def test_every_form_of_a_table_has_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory,
    delimiter: str,
    encoding: str,
    end: str,
    suffix: str,
    first: bool,
    margin: str,
) -> None:
    rows = [["file", "label"], ["a,b;c.png", "posé"], ["d|e.png", "spontaneous"]]
    quoted = [[f'"{cell}"' if set(cell) & set(",;|") else cell for cell in row] for row in rows]
    lines = [
        delimiter.join(margin + cell if cell[0] != '"' else cell for cell in row) for row in quoted
    ]
    path = tmp_path_factory.getbasetemp() / f"forms{suffix}"
    text = f"sep={delimiter}{end}" * first + end.join(lines) + end
    path.write_bytes(text.encode(encoding))
    table = read_table(path, ["file", "label"])
    assert [*table.itertuples(index=False, name=None)] == [tuple(row) for row in rows[1:]]
    assert list(table.index) == [2 + first, 3 + first]


def test_merged_cells_have_their_value_in_every_row(tmp_path: Path) -> None:
    path = save(
        tmp_path / "codes.xlsx",
        ["Subject", "Clip", "Frames", None],
        [None, None, "Onset", "Apex"],
        [1, "a", 3, 9],
        [None, "b", 4, 8],
        [2, "c", 5, 7],
    )
    book = load_workbook(path)
    for area in ("A1:A2", "B1:B2", "C1:D1", "A3:A4"):
        book.active.merge_cells(area)
    book.save(path)
    table = read_table(path, ["Subject", "Clip", "Onset", "Apex"])
    assert table.to_numpy().tolist() == [
        ["1", "a", "3", "9"], ["1", "b", "4", "8"], ["2", "c", "5", "7"]
    ]  # fmt: skip


def test_a_sheet_without_its_reader_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "x.xlsx", ["file", "label"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match="needs the extra 'prepare'"):
        read_table(path, ["file", "label"])
