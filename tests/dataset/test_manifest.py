"""An invalid database is reported in one line: where, what was found and how to fix it."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.dataset import load_pairs, read_manifest
from posed_spontaneous.dataset.spellings import canonical_name, check_spellings
from posed_spontaneous.runtime.errors import InputError

from ..drawn_faces import draw_database

Corrupt = Callable[[pd.DataFrame, Path], pd.DataFrame | None]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return draw_database(tmp_path, subjects=2, samples=1)


def corrupt_image(write: Callable[[Path], object]) -> Corrupt:
    def corrupt(rows: pd.DataFrame, folder: Path) -> None:
        write(folder / rows["apex_path"][1])

    return corrupt


def save(path: Path, image: np.ndarray) -> None:
    assert cv2.imwrite(str(path), image)


NOISE = np.random.default_rng(0).integers(0, 255, (44, 44, 3)).astype(np.uint8)

FAULTS: dict[str, tuple[Corrupt, str]] = {
    "no columns": (
        lambda rows, _: rows.drop(columns=["label", "apex_path"]),
        "no column label, apex_path",
    ),
    "empty cell": (
        lambda rows, _: rows.assign(label=["posed", None, "x", "x"]),
        "row 2: label is empty",
    ),
    "duplicated": (
        lambda rows, _: pd.concat([rows, rows.head(1)]),
        "row 5: sample_id .* earlier row",
    ),
    "reserved": (lambda rows, _: rows.assign(score_x=1, part=2), "column score_x, part has a name"),
    "one class": (
        lambda rows, _: rows.assign(label="posed"),
        "all 4 rows have the label 'posed'",
    ),
    "no rows": (lambda rows, _: rows.head(0), "no rows"),
    "missing file": (corrupt_image(lambda path: path.unlink()), "sample .* apex_path: no file"),
    "text": (corrupt_image(lambda path: path.write_text("face")), "cannot be read as an image"),
    "no bytes": (corrupt_image(lambda path: path.write_bytes(b"")), "cannot be read as an image"),
    "colour": (
        corrupt_image(lambda path: save(path, NOISE)),
        "3 channels of uint8, expected one gray",
    ),
    "deep": (
        corrupt_image(lambda path: save(path, NOISE[..., 0].astype(np.uint16))),
        "1 channels of uint16, expected one gray",
    ),
    "size": (
        corrupt_image(lambda path: save(path, NOISE[:40, :, 0])),
        "44x40 pixels, expected 44x44",
    ),
    "blank": (
        corrupt_image(lambda path: save(path, NOISE[..., 0] * 0 + 7)),
        "is blank .every pixel is 7",
    ),
    "equal": (
        lambda rows, _: rows.assign(apex_path=rows["onset_path"]),
        "onset and apex are the same image",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_in_one_line(database: Path, fault: str) -> None:
    corrupt, message = FAULTS[fault]
    rows = pd.read_csv(database)
    changed = corrupt(rows, database.parent)
    if changed is not None:
        changed.to_csv(database, index=False)
    with pytest.raises(InputError, match=message) as caught:
        load_pairs(database, image_size=44)
    assert str(database) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_manifest_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_manifest(tmp_path / "none.csv")


@pytest.mark.parametrize("name", ["table.xls", "table"])
def test_another_file_type_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"expected \.parquet, \.csv"):
        read_manifest(tmp_path / name)


def test_a_broken_parquet_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path / "m.parquet")


def test_parquet_and_csv_give_the_same_database(database: Path) -> None:
    parquet = database.with_suffix(".parquet")
    pd.read_csv(database).to_parquet(parquet)
    assert load_pairs(parquet, 44).digest() == load_pairs(database, 44).digest()


def test_identifiers_are_read_as_text(database: Path) -> None:
    rows = pd.read_csv(database).assign(subject_id=["007", "007", "008", "008"])
    rows.to_csv(database, index=False)
    assert set(read_manifest(database)["subject_id"]) == {"007", "008"}


def test_spaces_around_a_name_do_not_make_another_subject(database: Path) -> None:
    rows = pd.read_csv(database).assign(subject_id=["ying", "ying ", " yi", "yi"])
    rows.to_csv(database, index=False)
    assert set(read_manifest(database)["subject_id"]) == {"ying", "yi"}


def save_form(rows: pd.DataFrame, path: Path, form: str) -> Path:
    """Write a table as other programs do."""
    text = rows.to_csv(index=False)
    if form == "table.xlsx":
        rows.to_excel(path.with_name(form), index=False)
        return path.with_name(form)
    if form == "blanks":
        text = ",".join(f" {column} " for column in rows) + "\n" + text.partition("\n")[2]
    if form == "capitals":
        text = text.replace("sample_id,", "Sample_ID,", 1)
    if form == "trailing":
        text = text.replace("\n", ",\n")
    if form == "sep":
        text = "sep=,\n" + text
    if form in (";", "\t"):
        text = text.replace(",", form)
    encoding = form if form.startswith("utf") else "utf-8"
    changed = path.with_name("MINE.CSV")
    changed.write_bytes(text.encode(encoding))
    return changed


@pytest.mark.parametrize(
    "form",
    [
        "table.xlsx", "blanks", "capitals", "trailing", "sep", ";", "\t", "utf-8-sig", "utf-16",
        "utf-16-le",
    ],
)  # fmt: skip
def test_every_form_of_a_manifest_is_the_same_database(database: Path, form: str) -> None:
    rows = pd.read_csv(database)
    changed = save_form(rows, database, form)
    assert load_pairs(changed, 44).digest() == load_pairs(database, 44).digest()


def test_paths_with_backslashes_are_read(database: Path) -> None:
    digest = load_pairs(database, 44).digest()
    rows = pd.read_csv(database)
    for column in ("onset_path", "apex_path"):
        rows[column] = ".\\" + rows[column].str.replace("/", "\\")
    rows.to_csv(database, index=False)
    assert load_pairs(database, 44).digest() == digest


def test_a_row_with_too_many_cells_is_refused(database: Path) -> None:
    header, *lines = database.read_text().splitlines()
    for changed in (lines, [f"{line},more" for line in lines], [lines[0], f"{lines[1]},more"]):
        database.write_text("\n".join([header, *changed]) + "\n")
        if changed is lines:
            read_manifest(database)
        else:
            with pytest.raises(InputError, match="cannot be read"):
                read_manifest(database)


SPELLINGS = [
    ("1", "01"), ("1", "1.0"), ("007", "7.00"), ("s01", "S01"), ("s1", "s01"),
    ("Li  Wei", "li wei"), ("Zo\u00e9", "Zoe\u0301"), ("\uff21", "a"), ("sub-3_b", "SUB-03_B"),
]  # fmt: skip


@pytest.mark.parametrize("names", SPELLINGS)
@pytest.mark.parametrize("column", ["subject_id", "label"])
def test_one_name_in_two_spellings_is_refused(
    database: Path, column: str, names: tuple[str, str]
) -> None:
    rows = pd.read_csv(database)
    rows.assign(**{column: [*names, "other", "other"]}).to_csv(database, index=False)
    with pytest.raises(InputError, match=f"{column} has names that differ only in spelling"):
        read_manifest(database)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True), st.integers(1, 5))
def test_numbered_persons_are_different(numbers: list[int], width: int) -> None:
    for form in (f"s{{:0{width}}}", f"{{:0{width}}}", "F{}.1", "m{}_b"):
        check_spellings("here", "subject_id", map(form.format, numbers))


@given(st.text(min_size=1), st.sampled_from([str.upper, str.lower, str.title]))
def test_spelling_is_the_same_in_any_case(name: str, change: Callable[[str], str]) -> None:
    composed = unicodedata.normalize("NFC", name)
    decomposed = unicodedata.normalize("NFD", name)
    assert canonical_name(f" {composed}") == canonical_name(f"{decomposed} ")
    if name.isascii():
        assert canonical_name(change(name)) == canonical_name(name)


@pytest.mark.parametrize("column", ["subject_id", "label"])
@pytest.mark.parametrize("value", ["N/A", "nan", "NULL", "None", "?"])
def test_a_name_for_a_missing_value_is_refused(database: Path, column: str, value: str) -> None:
    rows = pd.read_csv(database)
    rows.assign(**{column: [value, "a", "b", "b"]}).to_csv(database, index=False)
    with pytest.raises(InputError, match=f"{column} .* looks like a missing value"):
        read_manifest(database)


def test_the_digest_depends_on_content_but_not_on_folder_or_order(
    database: Path, tmp_path: Path
) -> None:
    digest = load_pairs(database, 44).digest()
    rows = pd.read_csv(database)
    moved = tmp_path / "elsewhere" / "manifest.csv"
    moved.parent.mkdir()
    for column in ("onset_path", "apex_path"):
        for image in rows[column]:
            (moved.parent / image).write_bytes((database.parent / image).read_bytes())
    rows.iloc[::-1].to_csv(moved, index=False)
    assert load_pairs(moved, 44).digest() == digest
    image = cv2.imread(str(moved.parent / rows["apex_path"][0]), cv2.IMREAD_GRAYSCALE)
    image[0, 0] += 1
    save(moved.parent / rows["apex_path"][0], image)
    assert load_pairs(moved, 44).digest() != digest


def test_labels_can_have_any_names(database: Path) -> None:
    rows = pd.read_csv(database).assign(label=["calm", "anger", "joy", "calm"])
    rows.to_csv(database, index=False)
    pairs = load_pairs(database, 44)
    assert pairs.classes == ("anger", "calm", "joy")
    assert [pairs.classes[t] for t in pairs.targets] == list(pairs.rows["label"])
