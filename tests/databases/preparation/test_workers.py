"""Killed worker processes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from posed_spontaneous.databases.preparation.database import prepare_database
from posed_spontaneous.databases.preparation.sample import SamplePreparer

from ...databases.preparation.conftest import Settings
from ...databases.preparation.rendered_recordings import render_recordings, write_frames


@pytest.mark.slow
def test_only_a_sample_that_kills_its_worker_is_excluded(
    faces: Path, tmp_path: Path, settings: Settings, preparer: Callable[..., SamplePreparer]
) -> None:
    recordings = render_recordings(faces, 6)
    for number in (1, 4):
        write_frames(faces, f"r{number}", np.zeros((2, 90, 90), np.uint8))
    module = "posed_spontaneous.tests.databases.preparation.killing_detector"
    target = f"detector._target_={module}.KillingDetector"
    prepared = prepare_database(
        recordings,
        preparer(target),
        settings(target),
        tmp_path / "prepared",
        corrections=None,
        respot=False,
        workers=2,
    )
    assert list(prepared.rows["sample_id"]) == ["r0", "r2", "r3", "r5"]
    assert [(one.check, one.samples) for one in prepared.findings] == [
        ("worker killed", ("r1",)),
        ("worker killed", ("r4",)),
    ]
