"""Prepares a whole database, from its recordings to the prepared folder."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.corrections import correct
from posed_spontaneous.databases.preparation.folder import (
    FINDINGS,
    LANDMARKS,
    MANIFEST,
    TABLE,
    PreparedFolder,
    SampleRecord,
    stored_finding,
    to_json,
)
from posed_spontaneous.databases.preparation.sample import SamplePreparer
from posed_spontaneous.databases.preparation.sample_findings import printable, sample_finding
from posed_spontaneous.databases.preparation.tables import write_tables
from posed_spontaneous.databases.preparation.white_level import find_white_level
from posed_spontaneous.databases.preparation.workers import prepare_all
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.dataset.spellings import check_spellings
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.files import write_whole


@dataclass(frozen=True)
class PreparedDatabase:
    """The result of preparing a database.

    Attributes:
        rows: Rows of the manifest.
        findings: All findings.
        recordings: Number of recordings in the database.
        prepared_now: Number of samples that were prepared by this call and not by an earlier one.
    """

    rows: pd.DataFrame
    findings: tuple[Finding, ...]
    recordings: int
    prepared_now: int


def prepare_database(
    read: Iterable[Recording | Finding],
    preparer: SamplePreparer,
    settings: Mapping[str, Any],
    folder: Path,
    *,
    corrections: Path | str | None,
    respot: bool,
    workers: int,
) -> PreparedDatabase:
    """Prepare all samples that are missing or have changed, and write the tables.

    Args:
        read: Recordings and findings of a database.
        preparer: Prepares a sample of a recording.
        settings: The preparer's configuration, from which worker processes build their own.
        folder: The prepared folder.
        corrections: A user's file of corrections.
        respot: Whether to ignore the database's onset, apex and offset.
        workers: Number of processes; 0 prepares in this process.

    Raises:
        InputError: If the database or the corrections are invalid as a whole, a policy is ``fail``,
            or no sample can be prepared.
    """
    if workers < 0:
        raise InputError(
            f"workers: got {workers}, expected 0 or more: 0 prepares in the command's own process"
        )
    recordings, findings = _separate(read)
    if respot:
        recordings = [replace(one, onset=None, apex=None, offset=None) for one in recordings]
    corrected, notes = correct(recordings, corrections)
    for column in ("subject_id", "label"):
        names = [getattr(one, column) for one in corrected]
        check_spellings("the database", f"{column} (see corrections=FILE)", names)
    findings += notes
    if preparer.white_level is None and (found := find_white_level(corrected)):
        preparer = replace(preparer, white_level=found[0])
        settings = {**settings, "white_level": found[0]}
        findings.append(found[1])
    valid = []
    for recording in corrected:
        if invalid := _check(recording):
            findings.append(invalid)
        else:
            valid.append(recording)
    store = PreparedFolder(folder)
    with store.locked():
        records: dict[str, SampleRecord] = {}
        for recording in valid:
            if record := store.current(recording, settings):
                records[recording.sample_id] = record
        missing = [one for one in valid if one.sample_id not in records]
        with tqdm(total=len(valid), initial=len(records), desc="preparing", disable=None) as bar:
            for record in prepare_all(missing, preparer, settings, store, workers):
                records[record["sample_id"]] = record
                bar.update()
        for recording in valid:
            findings += map(stored_finding, records[recording.sample_id]["findings"])
        prepared = [(one, record) for one in valid if (record := records[one.sample_id])["pair"]]
        if prepared:
            rows, table_findings = write_tables(folder, prepared, preparer.detector)
            findings += table_findings
        else:
            for name in (MANIFEST, TABLE, LANDMARKS):
                (folder / name).unlink(missing_ok=True)
        write_whole(folder / FINDINGS, to_json([asdict(finding) for finding in findings]))
        store.delete_unknown(records.values())  # last, since the former manifest names them
    if not prepared:
        raise InputError(
            f"{folder / FINDINGS}: none of {len(recordings)} samples could be prepared"
            f"{_most_frequent(findings)}: fix what the findings name"
        )
    return PreparedDatabase(rows, tuple(findings), len(recordings), len(missing))


def _separate(read: Iterable[Recording | Finding]) -> tuple[list[Recording], list[Finding]]:
    """Recordings with unique names, sorted by name, and findings."""
    recordings: dict[str, Recording] = {}
    findings = []
    for item in read:
        if isinstance(item, Finding):
            findings.append(replace(item, message=printable(item.message)))
        elif item.sample_id in recordings:
            findings.append(_excluded(item, "an earlier sample has the same name"))
        else:
            recordings[item.sample_id] = item
    return [recordings[name] for name in sorted(recordings)], findings


def _check(recording: Recording) -> Finding | None:
    """Check a recording without reading its files."""
    for column in ("sample_id", "subject_id", "label"):
        text = getattr(recording, column)
        if not text.strip():
            return _excluded(recording, f"its {column} is empty, expected a name")
        if text != printable(text):
            return _excluded(recording, f"its {column} {text!r} is not one line of UTF-8 text")
    if not isinstance(recording.frames, Video) and len(recording.frames) < 2:
        return _excluded(recording, f"it has {len(recording.frames)} frames, expected 2 or more")
    return None


def _excluded(recording: Recording, reason: str) -> Finding:
    message = f"{reason}: correct the database, or drop the sample"
    return sample_finding(recording.sample_id, "excluded", message)


def _most_frequent(findings: Sequence[Finding]) -> str:
    warnings = [finding for finding in findings if finding.severity is not Severity.NOTE]
    if not warnings:
        return ""
    check, times = Counter(finding.check for finding in warnings).most_common(1)[0]
    message = next(finding.message for finding in warnings if finding.check == check)
    return f" ({times} times {check}; {message})"
