"""No damaged file ends the preparation or enters the manifest without a finding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.databases.preparation.database import prepare_database
from posed_spontaneous.databases.preparation.sample import SamplePreparer
from posed_spontaneous.dataset import load_pairs

from ...databases.preparation.broken_inputs import DAMAGES, damage_recordings
from ...databases.preparation.conftest import Settings

VALID = {
    "cmyk", "alpha", "gray alpha", "progressive", "floats", "integers", "12 bits", "blank in name",
    "script in name", "video", "no positions", "unusual details", "palette",
}  # fmt: skip


def check_broken(
    folder: Path,
    count: int,
    settings: Settings,
    preparer: Callable[..., SamplePreparer],
    workers: int,
) -> None:
    recordings = damage_recordings(folder / "frames", count)
    prepared = prepare_database(
        recordings,
        preparer("spotting=first_last"),
        settings("spotting=first_last"),
        folder / "prepared",
        corrections=None,
        respot=False,
        workers=workers,
    )
    manifest = pd.read_csv(folder / "prepared" / "manifest.csv")
    inside = set(manifest["sample_id"])
    warned = {
        sample
        for finding in prepared.findings
        if finding.severity is Severity.WARNING
        for sample in finding.samples
    }
    assert all("\n" not in finding.message for finding in prepared.findings)
    for recording in recordings:
        name = recording.sample_id
        assert name in inside or name in warned, name
    assert {"sound/posed", "sound/spontaneous"} <= inside
    assert {one.sample_id for one in recordings if one.sample_id.split("/")[1] in VALID} <= inside
    # Training refuses crops that are blank, equal or of another size.
    pairs = load_pairs(folder / "prepared" / "manifest.parquet", 44)
    assert len(pairs.rows) == len(inside)
    with np.load(folder / "prepared" / "landmarks.npz") as landmarks:
        assert landmarks["onset"].shape == landmarks["apex"].shape == (len(inside), 5, 2)
        assert sorted(landmarks["sample_id"]) == sorted(inside)
    assert not list((folder / "prepared").rglob("*.part"))


def test_each_kind_of_broken_input_is_a_finding(
    tmp_path: Path, settings: Settings, preparer: Callable[..., SamplePreparer]
) -> None:
    check_broken(tmp_path, len(DAMAGES), settings, preparer, workers=0)


@pytest.mark.slow
def test_five_hundred_broken_inputs_are_findings(
    tmp_path: Path, settings: Settings, preparer: Callable[..., SamplePreparer]
) -> None:
    check_broken(tmp_path, 500, settings, preparer, workers=2)
