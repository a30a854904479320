"""Files of the prepared folder are complete, up to date and have portable names."""

import json
import os
import socket
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posed_spontaneous.databases.preparation.folder import PreparedFolder, SampleRecord, file_stem
from posed_spontaneous.databases.preparation.sample import SamplePreparer
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError

from ...databases.preparation.conftest import Settings
from ...databases.preparation.rendered_recordings import render_recordings


@pytest.fixture
def recording(faces: Path) -> Recording:
    return render_recordings(faces, 1)[0]


@pytest.fixture
def folder(tmp_path: Path) -> PreparedFolder:
    return PreparedFolder(tmp_path / "prepared")


@pytest.fixture
def write(
    folder: PreparedFolder, settings: Settings, preparer: Callable[..., SamplePreparer]
) -> Callable[[Recording], SampleRecord]:
    def prepare_and_write(recording: Recording) -> SampleRecord:
        with folder.locked():
            return folder.write(recording, settings(), preparer()(recording))

    return prepare_and_write


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(names, unique=True, max_size=20))
def test_file_names_are_portable_and_unique(samples: list[str]) -> None:
    stems = [file_stem(sample) for sample in samples]
    assert len({stem.lower() for stem in stems}) == len(samples)
    for stem in stems:
        assert stem.isascii()
        assert not set(stem) & set('/\\:*?"<>| ') and not stem.startswith(".")
        assert len(stem) < 120


def test_names_that_differ_in_slashes_or_capitals_only_do_not_collide() -> None:
    similar = ["a/b", "a_b", "A_b", "a\\b", "a b", "a//b", "../a_b", "x" * 300, "x" * 301]
    assert len({file_stem(name).lower() for name in similar}) == len(similar)
    assert file_stem("s01-posed-1") == "s01-posed-1"


def test_a_written_sample_is_current_until_something_changes(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], SampleRecord],
    settings: Settings,
) -> None:
    assert folder.current(recording, settings()) is None
    record = write(recording)
    assert folder.current(recording, settings()) == record
    relabelled = replace(recording, label="spontaneous", subject_id="s9", details={})
    assert (
        folder.current(relabelled, settings()) == record
    )  # these are written to the manifest only
    for changed in (replace(recording, apex=0), replace(recording, frames=recording.frames[::-1])):
        assert folder.current(changed, settings()) is None
    assert folder.current(recording, settings("size=48")) is None
    assert folder.current(recording, settings("detector.threshold=0.5")) is None
    status = recording.frames[1].stat()
    os.utime(recording.frames[1], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert folder.current(recording, settings()) is None


@pytest.mark.parametrize("lost", ["crops/r0-onset.png", "crops/r0-apex.png", "records/r0.json"])
def test_a_sample_that_lacks_a_file_is_not_current(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], SampleRecord],
    settings: Settings,
    lost: str,
) -> None:
    write(recording)
    (folder.root / lost).unlink()
    assert folder.current(recording, settings()) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"inputs": 3}', b"\xff"])
def test_a_damaged_record_is_not_current(
    recording: Recording, folder: PreparedFolder, settings: Settings, content: bytes
) -> None:
    with folder.locked():
        (folder.root / "records" / "r0.json").write_bytes(content)
        assert folder.current(recording, settings()) is None


def test_a_record_has_eyes_and_points_of_the_source(
    recording: Recording, folder: PreparedFolder, write: Callable[[Recording], SampleRecord]
) -> None:
    record = json.loads(json.dumps(write(recording)))
    stored = json.loads((folder.root / "records" / "r0.json").read_text())
    assert stored == record
    onset = stored["pair"]["onset"]
    similarity = np.array(onset["similarity"])
    points = np.array(onset["points_in_source"]) @ similarity[:, :2].T + similarity[:, 2]
    np.testing.assert_allclose(points, onset["points_in_crop"], atol=0.01)
    assert stored["pair"]["columns"]["interocular"] == pytest.approx(
        np.linalg.norm(np.diff(onset["eyes"], axis=0)), abs=0.02
    )
    crop = cv2.imread(str(folder.root / stored["outputs"]["onset"][0]), cv2.IMREAD_UNCHANGED)
    assert crop.shape == (44, 44) and crop.dtype == np.uint8


def test_an_unreadable_sample_is_tried_again_but_not_one_without_a_face(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], SampleRecord],
    settings: Settings,
) -> None:
    content = recording.frames[0].read_bytes()
    recording.frames[0].write_bytes(content[:100])
    write(recording)
    assert folder.current(recording, settings()) is None
    recording.frames[0].write_bytes(bytes(cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1]))
    record = write(recording)
    assert record["pair"] is None
    assert folder.current(recording, settings()) == record


def test_files_of_unknown_samples_are_deleted(
    recording: Recording, folder: PreparedFolder, write: Callable[[Recording], SampleRecord]
) -> None:
    kept = write(recording)
    write(replace(recording, sample_id="gone"))
    mine = folder.root / "crops" / "notes.txt"
    mine.write_text("the user's own")
    folder.delete_unknown([kept])
    left = {path.name for place in ("crops", "records") for path in (folder.root / place).iterdir()}
    assert left == {"r0-onset.png", "r0-apex.png", "r0.json", "notes.txt"}


def test_two_commands_do_not_share_a_folder(folder: PreparedFolder) -> None:
    with (
        folder.locked(),
        pytest.raises(InputError, match="another command prepares this folder"),
        folder.locked(),
    ):
        pass


def test_unfinished_files_of_a_killed_process_are_deleted(folder: PreparedFolder) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    with folder.locked():
        name = f".r0-onset.png.{socket.gethostname()}.{process.pid}.part"
        leftover = folder.root / "crops" / name
        leftover.write_bytes(b"half")
    with folder.locked():
        assert not leftover.exists()


def test_a_folder_holds_one_database_and_is_separate_from_its_files(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", PreparedFolder(tmp_path / "prepared")
    source.mkdir()
    folder.claim("pairs", source)
    folder.claim("pairs", source)
    for database, other in (("videos", source), ("pairs", tmp_path / "elsewhere")):
        with pytest.raises(InputError, match="holds pairs of"):
            folder.claim(database, other)
    for nested in (source, source / "inner", tmp_path):
        with pytest.raises(InputError, match="expected a separate folder"):
            PreparedFolder(nested).claim("pairs", source)


def test_other_files_are_not_deleted(tmp_path: Path) -> None:
    crops = tmp_path / "mine" / "crops"
    crops.mkdir(parents=True)
    (crops / "holiday.png").write_bytes(b"precious")
    with pytest.raises(InputError, match="holds files of another program"):
        PreparedFolder(tmp_path / "mine").claim("pairs", tmp_path / "source")
    assert (crops / "holiday.png").read_bytes() == b"precious"


def test_a_sample_with_a_truncated_crop_is_not_current(
    recording: Recording,
    folder: PreparedFolder,
    write: Callable[[Recording], SampleRecord],
    settings: Settings,
) -> None:
    crop = folder.root / write(recording)["outputs"]["onset"][0]
    assert folder.current(recording, settings()) is not None
    crop.write_bytes(crop.read_bytes()[:-9])
    assert folder.current(recording, settings()) is None
