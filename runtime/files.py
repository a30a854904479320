"""Files and folders that other processes see either complete or not at all.

Unfinished ones have the hidden name ``.NAME.HOST.PID.part``. A killed process leaves them behind,
and ``delete_leftovers`` recognises them by the process that no longer runs.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posed_spontaneous.runtime.errors import InputError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically: to a temporary file, flushed to disk, which is then renamed.

    A file that already has this content is not touched. Missing parent folders are created.

    Raises:
        InputError: If the file cannot be written.
    """
    part = _part(path.parent, path.name)
    try:
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> InputError:
    """Return the ``InputError`` for a path that cannot be written."""
    reason = error.strerror or type(error).__name__
    return InputError(
        f"{path}: cannot be written ({reason}): free disk space, change the permissions, or "
        "choose another folder"
    )


@contextmanager
def staging_folder(parent: Path, name: str) -> Iterator[Path]:
    """Create an empty folder to fill and pass to ``publish_folder``, deleted after the block.

    First deletes all leftovers in ``parent``, and restores ``parent / name`` if an earlier
    process was killed while it replaced that folder.

    Args:
        parent: Where the folder is created, on the same file system as its destination.
        name: Distinguishes folders that one process fills at the same time.
    """
    delete_leftovers(parent)
    former, destination = _former(parent / name), parent / name
    if former.exists() and not destination.exists():
        former.rename(destination)
    staging = _part(parent, name)
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def publish_folder(staging: Path, destination: Path, *, replace: bool = False) -> None:
    """Rename a complete folder to its destination.

    Args:
        staging: The folder, as ``staging_folder`` creates it.
        destination: Its final path. Missing parent folders are created.
        replace: Whether an existing folder is replaced. By default it is kept and ``staging`` is
            discarded, since another process published the same folder first.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    former = _former(destination)
    if replace and destination.exists():
        shutil.rmtree(former, ignore_errors=True)
        destination.rename(former)
    try:
        staging.rename(destination)
    except OSError:
        if not destination.exists():
            raise
        shutil.rmtree(staging)
    shutil.rmtree(former, ignore_errors=True)


def delete_leftovers(folder: Path) -> None:
    """Delete unfinished files and folders in a folder that killed processes of this host left."""
    for leftover in folder.glob(_part(folder, "*", process="*").name):
        process = leftover.name.split(".")[-2]
        if process.isdecimal() and not _is_running(int(process)):
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def _part(parent: Path, name: str, process: int | str | None = None) -> Path:
    return parent / f".{name}.{socket.gethostname()}.{process or os.getpid()}.part"


def _former(destination: Path) -> Path:
    return destination.with_name(f".{destination.name}.former")


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
