"""Prepares samples in worker processes."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import cv2
from hydra.utils import instantiate

from posed_spontaneous.databases.preparation.folder import PreparedFolder, SampleRecord
from posed_spontaneous.databases.preparation.sample import PreparedSample, SamplePreparer
from posed_spontaneous.databases.preparation.sample_findings import sample_finding
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.worker_pool import WorkerKilledError, WorkerPool

KILLED = "worker killed"

_preparer: SamplePreparer
"""The preparer of this worker process."""


def prepare_all(
    recordings: Sequence[Recording],
    preparer: SamplePreparer,
    settings: Mapping[str, Any],
    folder: PreparedFolder,
    workers: int,
) -> Iterator[SampleRecord]:
    """Prepare and write samples, and yield each as soon as it is done.

    A sample that kills its worker twice is excluded.

    Args:
        recordings: The recordings to prepare.
        preparer: Prepares a sample of a recording.
        settings: Its configuration, from which every worker builds its own.
        folder: The prepared folder.
        workers: Number of processes; 0 prepares in this process.

    Raises:
        InputError: If a policy is ``fail``. Samples that are finished by then are kept.
    """
    if workers == 0:
        for recording in recordings:
            yield folder.write(recording, settings, preparer(recording))
        return
    initializer = partial(_initialize, settings)
    with WorkerPool(min(workers, len(recordings)), initializer) as pool:
        for recording, future in pool.run(partial(_prepare, settings, folder), recordings):
            if isinstance(future.exception(), WorkerKilledError):
                finding = sample_finding(
                    recording.sample_id,
                    KILLED,
                    "the worker process that prepared it was killed twice, expected it to finish: "
                    "check its files, or use fewer workers if memory is short",
                )
                sample = PreparedSample(None, (finding,), (), reusable=False)
                yield folder.write(recording, settings, sample)
            else:
                yield future.result()


def _initialize(settings: Mapping[str, Any]) -> None:
    global _preparer
    # Damaged files are reported as findings, so the messages of decoders are not needed.
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    cv2.setNumThreads(1)
    _preparer = instantiate(settings)


def _prepare(
    settings: Mapping[str, Any], folder: PreparedFolder, recording: Recording
) -> SampleRecord:
    return folder.write(recording, settings, _preparer(recording))
