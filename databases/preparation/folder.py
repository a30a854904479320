"""The prepared folder, in which each sample is complete or absent."""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.preparation.sample import AlignedFrame, AlignedPair, PreparedSample
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.files import delete_leftovers, unwritable, write_whole

CROPS, CLIPS, RECORDS = "crops", "clips", "records"
MANIFEST, TABLE, LANDMARKS, FINDINGS = (
    "manifest.parquet", "manifest.csv", "landmarks.npz", "findings.json",
)  # fmt: skip
ORIGIN = "origin.json"
"""Names the database from which a folder was prepared."""
VERSION = 2
"""Raised whenever this package would prepare other samples from the same files."""
MAX_NAME = 80

SampleRecord = Mapping[str, Any]
"""Everything about one prepared sample, as stored in its JSON file."""


@dataclass(frozen=True)
class PreparedFolder:
    """Prepared samples and their tables.

    The record of a sample is written last. Other files without a record are ignored.

    Args:
        root: The folder.
    """

    root: Path

    def claim(self, database: str, source: Path) -> None:
        """Reserve the folder for one database, since files of unknown samples are deleted.

        Args:
            database: Name of the database.
            source: The folder of the database.

        Raises:
            InputError: If one folder contains the other, or this one contains other files or
                another database.
        """
        root, source = self.root.resolve(), source.resolve()
        if root.is_relative_to(source) or source.is_relative_to(root):
            raise InputError(
                f"folder={self.root}: contains or is inside the database's folder {source}, "
                "expected a separate folder: choose another folder="
            )
        file, origin = self.root / ORIGIN, {"database": database, "root": str(source)}
        if file.is_file():
            if (found := json.loads(file.read_bytes())) != origin:
                raise InputError(
                    f"{self.root}: holds {found['database']} of {found['root']}, expected "
                    f"{database} of {source}: choose another folder=, or delete {file} if it is "
                    "the same database"
                )
        elif any(any((self.root / name).glob("*")) for name in (CROPS, CLIPS, RECORDS)):
            raise InputError(f"{self.root}: holds files of another program: choose another folder=")
        else:
            write_whole(file, to_json(origin))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it against other commands.

        Raises:
            InputError: If another command has locked it, or it cannot be written.
        """
        lock = FileLock(self.root / ".lock", timeout=0)
        try:
            for name in (CROPS, RECORDS):
                (self.root / name).mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            message = "another command prepares this folder: wait for it, or choose another folder="
            raise InputError(f"{self.root}: {message}") from None
        except OSError as error:
            raise unwritable(self.root, error) from None
        try:
            for name in (".", CROPS, CLIPS, RECORDS):
                delete_leftovers(self.root / name)
            yield
        finally:
            lock.release()

    def current(self, recording: Recording, settings: Mapping[str, Any]) -> SampleRecord | None:
        """Return the record of a sample if nothing has changed since it was prepared.

        Args:
            recording: The recording as the database describes it now.
            settings: The present configuration of the preparation.

        Returns:
            The record; None if the sample has to be prepared.
        """
        try:
            record: SampleRecord = json.loads(self._record(recording.sample_id).read_bytes())
            if (
                record["inputs"] == _inputs(recording, settings)
                and record["reusable"]
                and all(_stamp(Path(path)) == stamp for path, stamp in record["files"].items())
                and all(
                    (self.root / name).stat().st_size == size
                    for name, size in record["outputs"].values()
                )
            ):
                return record
        except (OSError, ValueError, LookupError, AttributeError, TypeError):
            pass  # absent or damaged
        return None

    def write(
        self, recording: Recording, settings: Mapping[str, Any], sample: PreparedSample
    ) -> SampleRecord:
        """Write a sample and its record; an excluded sample has only a record."""
        path = self._record(recording.sample_id)
        pair = sample.pair
        contents = {} if pair is None else _contents(path.stem, pair)
        record = to_json(
            {
                "sample_id": recording.sample_id,
                "inputs": _inputs(recording, settings),
                "files": {str(file): _stamp(file) for file in sample.files},
                "reusable": sample.reusable,
                "outputs": {what: (name, len(data)) for what, (name, data) in contents.items()},
                "pair": None if pair is None else _describe_pair(pair),
                "findings": [asdict(finding) for finding in sample.findings],
            }
        )
        if contents or not path.is_file() or path.read_bytes() != record:
            # The tables describe the former sample, until they are written again.
            for outdated in (path, *(self.root / name for name in (MANIFEST, TABLE, LANDMARKS))):
                outdated.unlink(missing_ok=True)
            for name, content in contents.values():
                write_whole(self.root / name, content)
            write_whole(path, record)
        written: SampleRecord = json.loads(record)
        return written

    def delete_unknown(self, known: Iterable[SampleRecord]) -> None:
        """Delete the files of all samples except these."""
        kept = {self._record(record["sample_id"]) for record in known}
        kept |= {self.root / name for record in known for name, _ in record["outputs"].values()}
        for name, pattern in ((CROPS, "*.png"), (CLIPS, "*.npz"), (RECORDS, "*.json")):
            for path in (self.root / name).glob(pattern):
                if path not in kept:
                    path.unlink()

    def _record(self, sample_id: str) -> Path:
        return self.root / RECORDS / f"{file_stem(sample_id)}.json"


def file_stem(sample_id: str) -> str:
    """A readable, portable and unique name for the files of a sample."""
    plain = re.sub(r"[^a-z0-9_-]+", "_", sample_id.lower())[:MAX_NAME]
    if plain == sample_id:
        return plain
    # Also if only capitals differ, which some file systems do not distinguish.
    return f"{plain}.{hashlib.sha256(sample_id.encode()).hexdigest()[:10]}"


def stored_finding(stored: Mapping[str, Any]) -> Finding:
    """Convert a finding of a record back."""
    severity, samples = Severity(stored["severity"]), tuple(stored["samples"])
    return Finding(**{**stored, "severity": severity, "samples": samples})


def to_json(content: object) -> bytes:
    """Encode as JSON; bytes of file names that are not UTF-8 are escaped."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode(errors="backslashreplace")


def _inputs(recording: Recording, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Everything except the contents of files that determines a prepared sample.

    Label, subject and details are written to the manifest only.
    """
    if isinstance(recording.frames, Video):
        video = recording.frames
        frames = f"{video.path}:{video.first}:{video.last}"
    else:
        frames = "\n".join(map(str, recording.frames))
    return {
        "version": VERSION,
        "frames": hashlib.sha256(frames.encode(errors="surrogateescape")).hexdigest(),
        "onset": recording.onset,
        "apex": recording.apex,
        "offset": recording.offset,
        "sources": [recording.onset_source, recording.apex_source],
        "settings": settings,
    }


def _stamp(path: Path) -> list[int] | None:
    """Size and modification time of a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _contents(stem: str, pair: AlignedPair) -> dict[str, tuple[str, bytes]]:
    """Names and contents of the files of a pair."""
    contents = {
        "onset": (f"{CROPS}/{stem}-onset.png", _png(pair.onset)),
        "apex": (f"{CROPS}/{stem}-apex.png", _png(pair.apex)),
    }
    if pair.clip is not None:
        stream, key_frames = io.BytesIO(), pair.key_frames
        onset, apex = np.array(key_frames.onset), np.array(key_frames.apex)
        np.savez_compressed(stream, allow_pickle=False, frames=pair.clip, onset=onset, apex=apex)
        contents["clip"] = (f"{CLIPS}/{stem}.npz", stream.getvalue())
    return contents


def _describe_pair(pair: AlignedPair) -> dict[str, Any]:
    key_frames = pair.key_frames
    face, frame = pair.onset.face, pair.onset.frame
    width, height = frame.size
    return {
        "columns": {
            "onset_frame": key_frames.onset,
            "apex_frame": key_frames.apex,
            "offset_frame": key_frames.offset,
            "onset_source": key_frames.onset_source,
            "apex_source": key_frames.apex_source,
            "alignment": pair.alignment,
            "faces": pair.faces,
            "interocular": None if face is None else round(face.interocular / frame.shrinkage, 2),
            "width": width,
            "height": height,
        },
        "onset": _describe_frame(pair.onset),
        "apex": _describe_frame(pair.apex),
    }


def _describe_frame(aligned: AlignedFrame) -> dict[str, Any]:
    return {
        "confidence": None if aligned.face is None else round(aligned.face.confidence, 4),
        "eyes": _rounded(aligned.source_eyes),
        "points_in_source": _rounded(aligned.source_points),
        "points_in_crop": _rounded(aligned.crop_points),
        "similarity": aligned.similarity.tolist(),
    }


def _rounded(points: NDArray[np.float64] | None) -> list[list[float]] | None:
    return None if points is None else np.round(points, 3).tolist()


def _png(aligned: AlignedFrame) -> bytes:
    crop = aligned.crop if aligned.crop.ndim == 2 else cv2.cvtColor(aligned.crop, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".png", crop)[1])
