"""The contents of a folder have one order, whatever the order on the disk."""

import re
from pathlib import Path

import pytest

from posed_spontaneous.databases.layouts.folders import expected_folder, folders_in, images_in
from posed_spontaneous.runtime.errors import InputError

from ...databases.layouts.configured import configured, read_all
from ...databases.layouts.layouts_posed import LAYOUTS, level_footage


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


def test_frames_are_ordered_by_their_numbers(tmp_path: Path) -> None:
    touch(tmp_path, "img10.jpg", "img9.JPG", "img11.bmp", "img100.png")
    assert [path.name for path in images_in(tmp_path)] == [
        "img9.JPG",
        "img10.jpg",
        "img11.bmp",
        "img100.png",
    ]


def test_hidden_and_other_files_are_no_frames(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "._1.png", ".DS_Store", "Thumbs.db", "notes.txt")
    (tmp_path / "2.png.folder").mkdir()
    assert [path.name for path in images_in(tmp_path)] == ["1.png"]
    assert [path.name for path in folders_in(tmp_path)] == ["2.png.folder"]


def test_a_missing_folder_holds_nothing(tmp_path: Path) -> None:
    assert images_in(tmp_path / "none") == folders_in(tmp_path / "none") == []


def test_a_root_that_is_another_database_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    with pytest.raises(InputError) as mistake:
        expected_folder("CK+", tmp_path, "Emotion_labels", "Emotion")
    assert str(mistake.value) == (
        f"{tmp_path}: found videos, expected a folder Emotion_labels or Emotion: set root to the "
        "folder of CK+ that contains it"
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_order_of_a_directory_changes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out, overrides = LAYOUTS[name]
    lay_out(tmp_path, level_footage)
    database = configured(name, tmp_path, *(o.format(root=tmp_path) for o in overrides))
    first = list(database.read())
    # A disk lists in an order of its own, which no test can choose; so it is turned around here.
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: sorted(listed(path), reverse=True))
    assert list(database.read()) == first
    monkeypatch.setattr(Path, "iterdir", lambda path: sorted(listed(path)))
    assert list(database.read()) == first


@pytest.mark.parametrize("name", LAYOUTS)
def test_ids_are_each_there_once_and_safe_in_a_file_name(name: str, tmp_path: Path) -> None:
    lay_out, overrides = LAYOUTS[name]
    lay_out(tmp_path, level_footage)
    recordings, _ = read_all(
        configured(name, tmp_path, *(o.format(root=tmp_path) for o in overrides))
    )
    ids = [recording.sample_id for recording in recordings]
    assert len(set(ids)) == len(ids) > 0
    assert all(re.fullmatch(r"[\w.-]+", sample) for sample in ids)
