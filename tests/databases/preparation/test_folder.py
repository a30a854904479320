"""What lies in the prepared folder is whole, current and safely named."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.databases.layouts import Recording
from posed_spontaneous.databases.preparation.folder import Facts, PreparedFolder, file_stem
from posed_spontaneous.databases.preparation.sample import SamplePreparer
from posed_spontaneous.runtime.errors import InputError

from ...databases.preparation.conftest import Settings
from ...databases.preparation.drawn_database import draw_recordings


@pytest.fixture
def recording(faces: Path) -> Recording:
    return draw_recordings(faces, 1)[0]


@pytest.fixture
def folder(tmp_path: Path) -> PreparedFolder:
    return PreparedFolder(tmp_path / "prepared")


@pytest.fixture
def write(
    folder: PreparedFolder, settings: Settings, preparer: Callable[..., SamplePreparer]
) -> Callable[[Recording], Facts]:
    def prepare_and_write(recording: Recording) -> Facts:
        with folder.locked():
            return folder.write(recording, settings(), preparer()(recording))

    return prepare_and_write


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(names, unique=True, max_size=20))
def test_every_sample_has_a_safe_file_name_of_its_own(samples: list[str]) -> None:
    stems = [file_stem(sample) for sample in samples]
    assert len({stem.lower() for stem in stems}) == len(samples)
    for stem in stems:
        assert stem.isascii()
        assert not set(stem) & set('/\\:*?"<>| ') and not stem.startswith(".")
        assert len(stem) < 120


def test_names_that_only_slashes_or_capitals_tell_apart_do_not_collide() -> None:
    alike = ["a/b", "a_b", "A_b", "a\\b", "a b", "a//b", "../a_b", "x" * 300, "x" * 301]
    assert len({file_stem(name).lower() for name in alike}) == len(alike)
    assert file_stem("s01-posed-1") == "s01-posed-1"


def test_a_written_sample_is_current_until_something_changes(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], Facts],
    settings: Settings,
) -> None:
    assert folder.current(recording, settings()) is None
    facts = write(recording)
    assert folder.current(recording, settings()) == facts
    relabelled = replace(recording, label="spontaneous", subject_id="s9", details={})
    assert folder.current(relabelled, settings()) == facts  # these stand in the manifest alone
    for changed in (replace(recording, apex=0), replace(recording, frames=recording.frames[::-1])):
        assert folder.current(changed, settings()) is None
    assert folder.current(recording, settings("size=48")) is None
    assert folder.current(recording, settings("detector.threshold=0.5")) is None
    status = recording.frames[1].stat()
    os.utime(recording.frames[1], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert folder.current(recording, settings()) is None


@pytest.mark.parametrize("lost", ["crops/r0-onset.png", "crops/r0-apex.png", "facts/r0.json"])
def test_a_sample_that_lacks_a_file_is_not_current(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], Facts],
    settings: Settings,
    lost: str,
) -> None:
    write(recording)
    (folder.root / lost).unlink()
    assert folder.current(recording, settings()) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"order": 3}', b"\xff"])
def test_damaged_facts_are_not_current(
    recording: Recording, folder: PreparedFolder, settings: Settings, content: bytes
) -> None:
    with folder.locked():
        (folder.root / "facts" / "r0.json").write_bytes(content)
        assert folder.current(recording, settings()) is None


def test_facts_tell_eyes_and_points_of_the_source(
    recording: Recording, folder: PreparedFolder, write: Callable[[Recording], Facts]
) -> None:
    facts = json.loads(json.dumps(write(recording)))
    stored = json.loads((folder.root / "facts" / "r0.json").read_text())
    assert stored == facts
    onset = stored["pair"]["onset"]
    similarity = np.array(onset["similarity"])
    points = np.array(onset["points_in_source"]) @ similarity[:, :2].T + similarity[:, 2]
    np.testing.assert_allclose(points, onset["points_in_crop"], atol=0.01)
    assert stored["pair"]["columns"]["interocular"] == pytest.approx(
        np.linalg.norm(np.diff(onset["eyes"], axis=0)), abs=0.02
    )
    crop = cv2.imread(str(folder.root / stored["made"]["onset"]), cv2.IMREAD_UNCHANGED)
    assert crop.shape == (44, 44) and crop.dtype == np.uint8


def test_an_unreadable_sample_is_tried_again_and_a_faceless_one_is_not(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], Facts],
    settings: Settings,
) -> None:
    content = recording.frames[0].read_bytes()
    recording.frames[0].write_bytes(content[:100])
    write(recording)
    assert folder.current(recording, settings()) is None
    recording.frames[0].write_bytes(bytes(cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1]))
    facts = write(recording)
    assert facts["pair"] is None
    assert folder.current(recording, settings()) == facts


def test_what_no_sample_names_is_swept_away(
    recording: Recording, folder: PreparedFolder, write: Callable[[Recording], Facts]
) -> None:
    kept = write(recording)
    write(replace(recording, sample_id="gone"))
    mine = folder.root / "crops" / "notes.txt"
    mine.write_text("the user's own")
    folder.sweep([kept])
    left = {path.name for place in ("crops", "facts") for path in (folder.root / place).iterdir()}
    assert left == {"r0-onset.png", "r0-apex.png", "r0.json", "notes.txt"}


def test_two_commands_do_not_share_a_folder(folder: PreparedFolder) -> None:
    with (
        folder.locked(),
        pytest.raises(InputError, match="another command prepares this folder"),
        folder.locked(),
    ):
        pass


def test_what_a_killed_process_left_half_written_is_removed(folder: PreparedFolder) -> None:
    with folder.locked():
        leftover = folder.root / "crops" / ".r0-onset.png.aside"
        leftover.write_bytes(b"half")
    with folder.locked():
        assert not leftover.exists()


def test_a_folder_is_one_databases_and_apart_from_its_files(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", PreparedFolder(tmp_path / "prepared")
    source.mkdir()
    folder.claim("pairs", source)
    folder.claim("pairs", source)
    for database, other in (("videos", source), ("pairs", tmp_path / "elsewhere")):
        with pytest.raises(InputError, match="holds pairs of"):
            folder.claim(database, other)
    for nested in (source, source / "inner", tmp_path):
        with pytest.raises(InputError, match="expected apart from it"):
            PreparedFolder(nested).claim("pairs", source)


def test_files_that_were_not_prepared_here_are_left_alone(tmp_path: Path) -> None:
    crops = tmp_path / "mine" / "crops"
    crops.mkdir(parents=True)
    (crops / "holiday.png").write_bytes(b"precious")
    with pytest.raises(InputError, match="not prepared here"):
        PreparedFolder(tmp_path / "mine").claim("pairs", tmp_path / "source")
    assert (crops / "holiday.png").read_bytes() == b"precious"


def test_a_sample_whose_crop_was_cut_short_is_not_current(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], Facts],
    settings: Settings,
) -> None:
    crop = folder.root / write(recording)["made"]["onset"]
    assert folder.current(recording, settings()) is not None
    crop.write_bytes(crop.read_bytes()[:-9])
    assert folder.current(recording, settings()) is None
