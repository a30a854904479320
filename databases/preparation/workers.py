"""Processes that prepare samples side by side; a killed one costs its own sample a second try."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
from hydra.utils import instantiate

from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.databases.preparation.folder import Facts, PreparedFolder
from posed_spontaneous.databases.preparation.remarks import Remarks
from posed_spontaneous.databases.preparation.sample import Outcome, SamplePreparer
from posed_spontaneous.databases.recording import Recording

KILLED = "worker killed"

_CONTEXT = multiprocessing.get_context("spawn")
"""A spawned process starts clean: no thread or lock of this one is copied halfway."""


class PolicyError(Exception):
    """A policy ends the command; the message is the finding's."""


def prepare_all(
    recordings: Sequence[Recording],
    preparer: SamplePreparer,
    settings: Mapping[str, Any],
    folder: Path,
    count: int,
) -> Iterator[Facts]:
    """Prepare and write samples, in the order in which they are done.

    A process that is killed takes its siblings with it. What they were at is tried again one by
    one, after all others, so that a sample that kills its process is known for it.

    Args:
        recordings: Of which samples.
        preparer: Makes a sample of a recording.
        settings: Its configuration, from which every process makes its own.
        folder: The prepared folder.
        count: Number of processes; 0 prepares in this one.

    Raises:
        PolicyError: If a policy is ``fail``; what is finished by then is written.
    """
    if count == 0:
        yield from map(_Desk(preparer, settings, PreparedFolder(folder)).prepare, recordings)
        return
    lost: list[Recording] = []
    waiting = deque(recordings)
    while waiting:
        yield from _prepare_side_by_side(waiting, settings, folder, count, lost)
    for recording in lost:
        again: list[Recording] = []
        yield from _prepare_side_by_side(deque([recording]), settings, folder, 1, again)
        if again:
            yield _give_up(recording, settings, folder)


def _prepare_side_by_side(
    waiting: deque[Recording],
    settings: Mapping[str, Any],
    folder: Path,
    count: int,
    lost: list[Recording],
) -> Iterator[Facts]:
    """Work on what waits until it is done or a process is killed; then what was begun is lost."""
    with ProcessPoolExecutor(
        min(count, len(waiting)), _CONTEXT, _settle_in, (settings, folder)
    ) as pool:
        begun: dict[Future[Facts], Recording] = {}
        try:
            while waiting or begun:
                # No more than can be worked on, so that little is lost.
                while waiting and len(begun) < count:
                    begun[pool.submit(_prepare, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(begun, return_when=FIRST_COMPLETED).done:
                    facts = future.result()
                    del begun[future]
                    yield facts
        except BrokenProcessPool:
            lost.extend(begun.values())
        except BaseException:
            for child in multiprocessing.active_children():
                child.kill()  # the sample that it is at may take minutes
            raise


def _give_up(recording: Recording, settings: Mapping[str, Any], folder: Path) -> Facts:
    remarks = Remarks(recording.sample_id)
    remarks.add(
        KILLED,
        Severity.WARNING,
        "the process that prepared it was killed twice: look at its files, or give the machine "
        "more memory",
    )
    outcome = Outcome(None, tuple(remarks.findings), (), settled=False)
    return PreparedFolder(folder).write(recording, settings, outcome)


@dataclass(frozen=True)
class _Desk:
    """What a worker has at hand."""

    preparer: SamplePreparer
    settings: Mapping[str, Any]
    folder: PreparedFolder

    def prepare(self, recording: Recording) -> Facts:
        outcome = self.preparer(recording)
        if outcome.ends_all:
            raise PolicyError(outcome.findings[-1].message)
        return self.folder.write(recording, self.settings, outcome)


_desk: _Desk


def _settle_in(settings: Mapping[str, Any], folder: Path) -> None:
    """Prepare a worker for its work and for its end."""
    global _desk
    # Ctrl-C reaches every process of a terminal; the parent is the one to answer it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    # What decoders say of broken files stands in the findings.
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(1)
    _desk = _Desk(instantiate(settings), settings, PreparedFolder(folder))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _prepare(recording: Recording) -> Facts:
    return _desk.prepare(recording)
