"""Files and folders are complete or absent, and leftovers of killed processes are deleted."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.files import (
    delete_leftovers,
    publish_folder,
    staging_folder,
    write_whole,
)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def kill_inside(code: str) -> None:
    """Run code in a process that kills itself at the word ``KILL``."""
    imports = (
        "import os, signal, shutil, pathlib\n"
        "from pathlib import Path\n"
        "from posed_spontaneous.runtime import files\n"
    )
    code = imports + code.replace("KILL", "os.kill(os.getpid(), signal.SIGKILL)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL


def test_a_file_is_replaced_and_its_folder_created(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.bin"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert names(path.parent) == ["file.bin"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_file_with_the_same_content_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_whole(path, b"content")
    os.utime(path, ns=(1, 1))
    write_whole(path, b"content")
    assert path.stat().st_mtime_ns == 1


def test_a_file_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/below: cannot be written \(File exists\)"):
        write_whole(tmp_path / "file" / "below", b"")
    (tmp_path / "folder" / "entry").mkdir(parents=True)
    with pytest.raises(InputError, match="folder: cannot be written"):
        write_whole(tmp_path / "folder", b"")
    assert names(tmp_path) == ["file", "folder"]


def test_a_kill_keeps_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"former")
    kill_inside(f"os.fsync = lambda _: KILL\nfiles.write_whole(Path({str(path)!r}), b'new')")
    assert path.read_bytes() == b"former"
    assert len(names(tmp_path)) == 2
    delete_leftovers(tmp_path)
    assert names(tmp_path) == ["file.bin"]


def test_a_folder_is_published_when_it_is_complete(tmp_path: Path) -> None:
    destination = tmp_path / "results" / "folder"
    with staging_folder(tmp_path, "folder") as staging:
        (staging / "file").write_text("content")
        assert not destination.exists()
        publish_folder(staging, destination)
    assert (destination / "file").read_text() == "content"
    assert names(tmp_path) == ["results"]


def test_a_folder_of_a_failed_block_is_deleted(tmp_path: Path) -> None:
    with pytest.raises(KeyError), staging_folder(tmp_path, "folder") as staging:
        (staging / "file").write_text("content")
        raise KeyError
    assert not names(tmp_path)


@pytest.mark.parametrize(("replace", "kept"), [(False, "first"), (True, "second")])
def test_an_existing_folder_is_kept_or_replaced(replace: bool, kept: str, tmp_path: Path) -> None:
    for content in ("first", "second"):
        with staging_folder(tmp_path, "folder") as staging:
            (staging / content).write_text("")
            publish_folder(staging, tmp_path / "folder", replace=replace)
    assert names(tmp_path / "folder") == [kept]
    assert names(tmp_path) == ["folder"]


def test_a_folder_that_cannot_be_renamed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        publish_folder(tmp_path / "missing", tmp_path / "folder")


def test_the_next_process_deletes_what_a_killed_one_left(tmp_path: Path) -> None:
    kill_inside(f"with files.staging_folder(Path({str(tmp_path)!r}), 'killed'): KILL")
    assert len(names(tmp_path)) == 1
    with staging_folder(tmp_path, "other"):
        (left,) = names(tmp_path)
        assert left.startswith(".other.")
        # This process runs: another one would not delete its folder.
        delete_leftovers(tmp_path)
        assert names(tmp_path) == [left]


def test_a_folder_whose_replacement_was_killed_is_restored(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "former").write_text("")
    kill_inside(
        f"root = Path({str(tmp_path)!r})\n"
        "with files.staging_folder(root, 'folder') as staging:\n"
        "    rename = pathlib.Path.rename\n"
        "    def rename_once(*paths):\n"
        "        rename(*paths)\n"
        "        KILL\n"
        "    pathlib.Path.rename = rename_once\n"
        "    files.publish_folder(staging, root / 'folder', replace=True)"
    )
    assert not (tmp_path / "folder").exists()
    with staging_folder(tmp_path, "folder"):
        assert names(tmp_path / "folder") == ["former"]
