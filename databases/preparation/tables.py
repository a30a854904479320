"""Writes the tables of a prepared folder: the manifest and the landmarks."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.detectors import Detector
from posed_spontaneous.databases.preparation.folder import (
    LANDMARKS,
    MANIFEST,
    TABLE,
    SampleRecord,
)
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.dataset.manifest import LATENT_PREFIX, REQUIRED, RESERVED, SCORE_PREFIX
from posed_spontaneous.runtime.files import write_whole

INTEGERS = ("onset_frame", "apex_frame", "offset_frame", "faces", "width", "height")
RENAMED = "database_"
"""Prefix of a column of the database whose name is reserved."""


def write_tables(
    folder: Path, prepared: Sequence[tuple[Recording, SampleRecord]], detector: Detector
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write ``manifest.parquet``, ``manifest.csv`` and ``landmarks.npz``, sorted by ``sample_id``.

    Args:
        folder: The prepared folder.
        prepared: Samples with a pair, at least one.
        detector: Detector of their faces.

    Returns:
        The rows of the manifest, and findings about them.
    """
    prepared = sorted(prepared, key=lambda sample: sample[0].sample_id)
    rows = pd.DataFrame(_row(recording, record) for recording, record in prepared)
    rows["detector"] = detector.name
    rows = rows.astype(dict.fromkeys(INTEGERS, "Int64")).astype({"interocular": "Float64"})
    details, findings = _details([recording for recording, _ in prepared], list(rows.columns))
    rows = pd.concat([rows, details], axis="columns")
    parquet = io.BytesIO()
    rows.to_parquet(parquet, index=False)
    write_whole(folder / LANDMARKS, _landmarks(prepared, detector.points))
    write_whole(folder / TABLE, rows.to_csv(index=False, lineterminator="\n").encode())
    write_whole(folder / MANIFEST, parquet.getvalue())
    labels = sorted(rows["label"].unique())
    if len(labels) < 2:
        findings.append(
            Finding(
                check="labels",
                severity=Severity.FATAL,
                message=f"{folder / MANIFEST}: all {len(rows)} samples have the label {labels[0]}, "
                "expected two labels or more: add samples of another label, look at the excluded "
                "samples, or correct labels with corrections=FILE",
            )
        )
    return rows, findings


def _row(recording: Recording, record: SampleRecord) -> dict[str, Any]:
    return {
        "sample_id": recording.sample_id,
        "subject_id": recording.subject_id,
        "label": recording.label,
        **{f"{what}_path": path for what, (path, _) in record["outputs"].items()},
        **record["pair"]["columns"],
    }


def _details(
    recordings: Sequence[Recording], taken: Sequence[str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """The database's own columns, each of one type."""
    names = dict.fromkeys(name for recording in recordings for name in recording.details)
    reserved = {*taken, *REQUIRED, *RESERVED, "clip_path"}
    columns: dict[str, Any] = {}
    findings = []
    for name in names:
        cells = [recording.details.get(name) for recording in recordings]
        if any(isinstance(cell, str) for cell in cells):
            cells = [None if cell is None else str(cell) for cell in cells]
        column = name
        if name in reserved or name.startswith((SCORE_PREFIX, LATENT_PREFIX)):
            column = f"{RENAMED}{name}"
            findings.append(
                Finding(
                    check="columns",
                    severity=Severity.NOTE,
                    message=f"the database's column {name} is called {column} in the manifest, "
                    "since its name is reserved",
                )
            )
        columns[column] = cells
    return pd.DataFrame(columns, index=range(len(recordings))), findings


def _landmarks(prepared: Sequence[tuple[Recording, SampleRecord]], points: int) -> bytes:
    stream = io.BytesIO()
    np.savez(
        stream,
        allow_pickle=False,
        sample_id=np.array([recording.sample_id for recording, _ in prepared]),
        **{
            phase: np.stack([_points(record["pair"][phase], points) for _, record in prepared])
            for phase in ("onset", "apex")
        },
    )
    return stream.getvalue()


def _points(frame: Mapping[str, Any], points: int) -> NDArray[np.float32]:
    """Facial points in pixels of the crop, ``(P, 2)``, NaN if no face was found."""
    found = frame["points_in_crop"]
    return np.array(np.full((points, 2), np.nan) if found is None else found, np.float32)
