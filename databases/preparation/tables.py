"""What the framework reads of a prepared folder: the manifest and the landmarks."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.corrections import CORRECTED
from posed_spontaneous.databases.preparation.folder import (
    LANDMARKS,
    MANIFEST,
    TABLE,
    Facts,
    write_whole,
)
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.dataset.manifest import LATENT_PREFIX, REQUIRED, RESERVED, SCORE_PREFIX

INTEGERS = ("onset_frame", "apex_frame", "offset_frame", "faces", "width", "height")
RENAMED = "database_"
"""Leads a column of the database whose name is taken."""


def write_tables(
    folder: Path,
    prepared: Sequence[tuple[Recording, Facts]],
    *,
    detector: str,
    points: int,
    corrected_onsets: frozenset[str],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write ``manifest.parquet``, ``manifest.csv`` and ``landmarks.npz``, in order of the names.

    Args:
        folder: The prepared folder.
        prepared: Samples that have a pair, at least one.
        detector: What found the faces.
        points: How many points it finds.
        corrected_onsets: Ids of the samples whose onset a user corrected.

    Returns:
        The manifest's rows, and what the user must know of them.
    """
    prepared = sorted(prepared, key=lambda sample: sample[0].sample_id)
    rows = pd.DataFrame(
        [_row(recording, facts, detector, corrected_onsets) for recording, facts in prepared]
    )
    rows = rows.astype(dict.fromkeys(INTEGERS, "Int64")).astype({"interocular": "Float64"})
    details, findings = _details([recording for recording, _ in prepared], list(rows.columns))
    rows = pd.concat([rows, details], axis="columns")
    parquet = io.BytesIO()
    rows.to_parquet(parquet, index=False)
    write_whole(folder / LANDMARKS, _landmarks(prepared, points))
    write_whole(folder / TABLE, rows.to_csv(index=False, lineterminator="\n").encode())
    write_whole(folder / MANIFEST, parquet.getvalue())
    labels = sorted(rows["label"].unique())
    if len(labels) < 2:
        findings.append(
            Finding(
                check="labels",
                severity=Severity.FATAL,
                message=f"{folder / MANIFEST}: all {len(rows)} samples have the label {labels[0]}, "
                "expected two labels or more to tell apart: add samples of another, look at what "
                "was left out, or correct labels with corrections=FILE",
            )
        )
    return rows, findings


def _row(
    recording: Recording, facts: Facts, detector: str, corrected_onsets: frozenset[str]
) -> dict[str, Any]:
    made: Mapping[str, str] = facts["made"]
    columns = dict(facts["pair"]["columns"])
    if recording.sample_id in corrected_onsets:
        columns["onset_source"] = CORRECTED
    return {
        "sample_id": recording.sample_id,
        "subject_id": recording.subject_id,
        "label": recording.label,
        "onset_path": made["onset"],
        "apex_path": made["apex"],
        **({"clip_path": made["clip"]} if "clip" in made else {}),
        **columns,
        "detector": detector,
    }


def _details(
    recordings: Sequence[Recording], taken: Sequence[str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """The database's own columns, each of one kind."""
    names = dict.fromkeys(name for recording in recordings for name in recording.details)
    columns: dict[str, Any] = {}
    findings = []
    for name in names:
        cells = [recording.details.get(name) for recording in recordings]
        if any(isinstance(cell, str) for cell in cells):
            cells = [None if cell is None else str(cell) for cell in cells]
        shown = name
        if (
            name in {*taken, *REQUIRED, *RESERVED, "clip_path"}
            or name.startswith((SCORE_PREFIX, LATENT_PREFIX))
        ):  # fmt: skip
            shown = f"{RENAMED}{name}"
            findings.append(
                Finding(
                    check="columns",
                    severity=Severity.NOTE,
                    message=f"the database's column {name} is called {shown} in the manifest, "
                    "since the framework needs that name",
                )
            )
        columns[shown] = cells
    return pd.DataFrame(columns, index=range(len(recordings))), findings


def _landmarks(prepared: Sequence[tuple[Recording, Facts]], points: int) -> bytes:
    stream = io.BytesIO()
    np.savez(
        stream,
        allow_pickle=False,
        sample_id=np.array([recording.sample_id for recording, _ in prepared]),
        **{
            phase: np.stack([_points(facts["pair"][phase], points) for _, facts in prepared])
            for phase in ("onset", "apex")
        },
    )
    return stream.getvalue()


def _points(view: Mapping[str, Any], points: int) -> NDArray[np.float32]:
    found = view["points_in_crop"]
    if found is None:
        return np.full((points, 2), np.nan, np.float32)
    return np.array(found, np.float32)
