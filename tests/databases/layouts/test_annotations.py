"""Annotation tables are read as text, wherever their header is and whatever program wrote them."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from posed_spontaneous.databases.layouts.annotations import read_table
from posed_spontaneous.runtime.errors import InputError


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
    "not unicode": ("x.csv", b"file,label\n\xff,b", "cannot be read .*utf-8"),
    "empty": ("x.csv", b"", "no column file, label; found nothing"),
    "columns": ("x.csv", b"notes\nlabel,who\n", "no column file; found label, who in row 2"),
    "semicolons": ("x.csv", b"file;label\n", "no column file, label; found file;label in row 1"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_in_one_line(tmp_path: Path, fault: str) -> None:
    name, content, results = FAULTS[fault]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=results) as error:
        read_table(tmp_path / name, ["file", "label"])
    assert "\n" not in str(error.value)


def test_a_sheet_without_its_reader_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "x.xlsx", ["file", "label"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match="needs the extra 'prepare'"):
        read_table(path, ["file", "label"])
