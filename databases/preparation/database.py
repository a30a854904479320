"""A whole database, from its recordings to the prepared folder."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    Facts,
    PreparedFolder,
    finding_of,
    write_findings,
)
from posed_spontaneous.databases.preparation.remarks import printable
from posed_spontaneous.databases.preparation.sample import SamplePreparer
from posed_spontaneous.databases.preparation.tables import write_tables
from posed_spontaneous.databases.preparation.workers import PolicyError, prepare_all
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError


@dataclass(frozen=True)
class PreparedDatabase:
    """What came of a database.

    Attributes:
        rows: The manifest's rows.
        findings: Everything found on the way.
        recordings: How many samples the database has.
        redone: How many were prepared by this command; the others were there.
    """

    rows: pd.DataFrame
    findings: tuple[Finding, ...]
    recordings: int
    redone: int


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
    """Prepare what is missing or has changed, and write the manifest.

    Args:
        read: What a database says.
        preparer: Makes a sample of a recording.
        settings: The preparer's configuration, from which worker processes make their own.
        folder: Where samples and manifest go.
        corrections: A user's file of corrections.
        respot: Whether to forget the database's onset, apex and offset.
        workers: Number of processes.

    Raises:
        InputError: If the database or the corrections are faulty as a whole, a policy ends the
            command, or no sample is left.
    """
    if workers < 0:
        raise InputError(
            f"workers: got {workers}, expected 0 or more: 0 prepares in the command's own process"
        )
    recordings, findings = _separate(read)
    if respot:
        recordings = [replace(one, onset=None, apex=None, offset=None) for one in recordings]
    corrected = correct(recordings, corrections)
    findings += corrected.findings
    faults = {one.sample_id: fault for one in corrected.recordings if (fault := _fault(one))}
    findings += faults.values()
    sound = [one for one in corrected.recordings if one.sample_id not in faults]
    store = PreparedFolder(folder)
    with store.locked():
        known: dict[str, Facts] = {}
        for recording in sound:
            if facts := store.current(recording, settings):
                known[recording.sample_id] = facts
        missing = [one for one in sound if one.sample_id not in known]
        try:
            with tqdm(total=len(sound), initial=len(known), desc="preparing", disable=None) as bar:
                for facts in prepare_all(missing, preparer, settings, folder, workers):
                    known[facts["sample_id"]] = facts
                    bar.update()
        except PolicyError as end:
            raise InputError(str(end)) from None
        prepared = [(one, known[one.sample_id]) for one in sound if known[one.sample_id]["pair"]]
        for recording in sound:
            findings += map(finding_of, known[recording.sample_id]["findings"])
        if not prepared:
            for name in (MANIFEST, TABLE, LANDMARKS):
                (folder / name).unlink(missing_ok=True)
            store.sweep(known.values())
            write_findings(folder / FINDINGS, findings)
            raise InputError(
                f"{folder / FINDINGS}: none of {len(recordings)} samples could be prepared"
                f"{_commonest(findings)}: mend what the findings name"
            )
        rows, remarks = write_tables(
            folder,
            prepared,
            detector=preparer.detector.name,
            points=preparer.detector.points,
            corrected_onsets=corrected.onsets,
        )
        findings += remarks
        write_findings(folder / FINDINGS, findings)
        store.sweep(known.values())  # only now, since the manifest of before names what goes
    return PreparedDatabase(rows, tuple(findings), len(recordings), len(missing))


def _separate(read: Iterable[Recording | Finding]) -> tuple[list[Recording], list[Finding]]:
    """Recordings in the order of their names, each name once, and findings."""
    recordings: dict[str, Recording] = {}
    findings = []
    for item in read:
        if isinstance(item, Finding):
            findings.append(replace(item, message=printable(item.message)))
        elif item.sample_id in recordings:
            findings.append(_left_out(item, "its name stands for an earlier sample too"))
        else:
            recordings[item.sample_id] = item
    return [recordings[name] for name in sorted(recordings)], findings


def _fault(recording: Recording) -> Finding | None:
    """Why a recording cannot be prepared, as far as no file need be read."""
    names = {"sample_id": recording.sample_id, "subject_id": recording.subject_id}
    for column, text in (names | {"label": recording.label}).items():
        if not text.strip():
            return _left_out(recording, f"its {column} is empty, expected a name")
        if text != printable(text):
            return _left_out(recording, f"its {column} {text!r} is no text in UTF-8 of one line")
    if not isinstance(recording.frames, Video) and len(recording.frames) < 2:
        return _left_out(recording, f"it has {len(recording.frames)} frames, expected 2 or more")
    return None


def _left_out(recording: Recording, reason: str) -> Finding:
    name = printable(recording.sample_id)
    return Finding(
        check="left out",
        severity=Severity.WARNING,
        message=f"sample {name}: {printable(reason)}: correct the database, or go without it",
        samples=(name,),
    )


def _commonest(findings: Sequence[Finding]) -> str:
    warnings = [finding for finding in findings if finding.severity is not Severity.NOTE]
    if not warnings:
        return ""
    check, times = Counter(finding.check for finding in warnings).most_common(1)[0]
    message = next(finding.message for finding in warnings if finding.check == check)
    return f" ({times} times {check}; {message})"
