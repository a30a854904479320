"""The prepared folder: a sample in it is whole or absent, whatever happens on the way."""

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
from posed_spontaneous.databases.preparation.pictures import Picture
from posed_spontaneous.databases.preparation.sample import Outcome, Pair, View
from posed_spontaneous.databases.recording import Recording, Video
from posed_spontaneous.runtime.errors import InputError

CROPS, CLIPS, FACTS = "crops", "clips", "facts"
MANIFEST, TABLE, LANDMARKS, FINDINGS = (
    "manifest.parquet", "manifest.csv", "landmarks.npz", "findings.json",
)  # fmt: skip
ORIGIN = "origin.json"
"""Says whose samples a folder holds."""
ASIDE = ".aside"
"""Ends the name of a file that is being written."""
VERSION = 1
"""Counted up whenever this package would make another sample of the same files."""
LONGEST_NAME = 80

Facts = Mapping[str, Any]
"""What is known of one prepared sample, as its JSON file holds it."""


@dataclass(frozen=True)
class PreparedFolder:
    """Samples, and tables of them.

    The facts of a sample are written last, so that without them its other files count for
    nothing.

    Args:
        root: The folder.
    """

    root: Path

    def claim(self, database: str, source: Path) -> None:
        """Make sure that nothing of anyone else's lies here, since unknown samples are deleted.

        Args:
            database: What is prepared.
            source: The folder of its own files.

        Raises:
            InputError: If the two folders lie in each other, or this one holds other files, or
                what was prepared of another database.
        """
        root, source = self.root.resolve(), source.resolve()
        if root.is_relative_to(source) or source.is_relative_to(root):
            raise InputError(
                f"folder={self.root}: found in or around the database's own folder {source}, "
                "expected apart from it, where nothing of it can be mixed up: give another folder="
            )
        file, origin = self.root / ORIGIN, {"database": database, "root": str(source)}
        if file.is_file():
            if (found := json.loads(file.read_bytes())) != origin:
                raise InputError(
                    f"{self.root}: holds {found['database']} of {found['root']}, expected "
                    f"{database} of {source}: give another folder=, or delete {file} if it is the "
                    "same database"
                )
        elif any(any((self.root / name).glob("*")) for name in (CROPS, CLIPS, FACTS)):
            raise InputError(
                f"{self.root}: holds files that were not prepared here: give another folder="
            )
        else:
            write_whole(file, _json(origin))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and keep other commands out of it.

        Raises:
            InputError: If another command is at work in it, or it cannot be written.
        """
        lock = FileLock(self.root / ".lock", timeout=0)
        try:
            for name in (CROPS, FACTS):
                (self.root / name).mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise InputError(
                f"{self.root}: another command prepares this folder: wait for it, or give folder="
            ) from None
        except OSError as error:
            raise _unwritable(self.root, error) from None
        try:
            for place in (self.root, *(self.root / name for name in (CROPS, CLIPS, FACTS))):
                for leftover in place.glob(f".*{ASIDE}"):
                    leftover.unlink()
            yield
        finally:
            lock.release()

    def current(self, recording: Recording, settings: Mapping[str, Any]) -> Facts | None:
        """What is known of a sample, if nothing changed since.

        Args:
            recording: What the database says of it now.
            settings: How samples are prepared now.

        Returns:
            None if the sample must be prepared.
        """
        try:
            facts: Facts = json.loads(self._facts(recording.sample_id).read_bytes())
            if (
                facts["order"] == _order(recording, settings)
                and facts["settled"]
                and all(_stamp(Path(path)) == stamp for path, stamp in facts["files"].items())
                and all(
                    (self.root / made).stat().st_size == facts["sizes"][made]
                    for made in facts["made"].values()
                )
            ):
                return facts
        except (OSError, ValueError, LookupError, AttributeError, TypeError):
            pass  # absent, or not what this class writes
        return None

    def write(self, recording: Recording, settings: Mapping[str, Any], outcome: Outcome) -> Facts:
        """Write a sample and what is known of it; a sample that is left out leaves its facts."""
        path = self._facts(recording.sample_id)
        files = {str(file): _stamp(file) for file in outcome.files}
        pair = outcome.pair
        contents = {} if pair is None else _contents(path.stem, pair)
        facts = _json(
            {
                "sample_id": recording.sample_id,
                "order": _order(recording, settings),
                "files": files,
                "settled": outcome.settled,
                "made": {what: name for what, (name, _) in contents.items()},
                "sizes": {name: len(content) for name, content in contents.values()},
                "pair": None if pair is None else _describe(pair),
                "findings": [asdict(finding) for finding in outcome.findings],
            }
        )
        if contents or not path.is_file() or path.read_bytes() != facts:
            # From here on the tables speak of another sample, until they are written anew.
            for stale in (path, *(self.root / name for name in (MANIFEST, TABLE, LANDMARKS))):
                stale.unlink(missing_ok=True)
            for name, content in contents.values():
                write_whole(self.root / name, content)
            write_whole(path, facts)
        written: Facts = json.loads(facts)
        return written

    def sweep(self, known: Iterable[Facts]) -> None:
        """Delete the files of samples that are no longer known."""
        kept = {self._facts(facts["sample_id"]) for facts in known}
        kept |= {self.root / made for facts in known for made in facts["made"].values()}
        for place, pattern in ((CROPS, "*.png"), (CLIPS, "*.npz"), (FACTS, "*.json")):
            for path in (self.root / place).glob(pattern):
                if path not in kept:
                    path.unlink()

    def _facts(self, sample_id: str) -> Path:
        return self.root / FACTS / f"{file_stem(sample_id)}.json"


def file_stem(sample_id: str) -> str:
    """A name for a sample's files: readable, safe everywhere, and another for each sample."""
    plain = re.sub(r"[^a-z0-9_-]+", "_", sample_id.lower())[:LONGEST_NAME]
    if plain == sample_id:
        return plain
    # Also where only capitals differ: some file systems do not tell them apart.
    return f"{plain}.{hashlib.sha256(sample_id.encode()).hexdigest()[:10]}"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half-written; one that holds just this is left."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}{ASIDE}")
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or type(error).__name__
    return InputError(
        f"{path}: cannot be written ({reason}): make room or change permissions, or give another "
        "folder="
    )


def write_findings(path: Path, findings: Iterable[Finding]) -> None:
    """Write findings as a JSON list."""
    write_whole(path, _json([asdict(finding) for finding in findings]))


def finding_of(stored: Mapping[str, Any]) -> Finding:
    """A finding as facts hold it."""
    return Finding(
        check=stored["check"],
        severity=Severity(stored["severity"]),
        message=stored["message"],
        samples=tuple(stored["samples"]),
    )


def _order(recording: Recording, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Everything but the files that a prepared sample follows from.

    Label, subject and details are no part of it: they are written into the manifest alone.
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
        "apex_source": recording.apex_source,
        "settings": settings,
    }


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _contents(stem: str, pair: Pair) -> dict[str, tuple[str, bytes]]:
    """The files of a sample: what they are, their names in the folder, and what is in them."""
    moments = pair.moments
    contents = {
        "onset": (f"{CROPS}/{stem}-onset.png", _png(pair.onset.crop)),
        "apex": (f"{CROPS}/{stem}-apex.png", _png(pair.apex.crop)),
    }
    if pair.clip is not None:
        places = {"onset": np.array(moments.onset), "apex": np.array(moments.apex)}
        contents["clip"] = (f"{CLIPS}/{stem}.npz", _npz(frames=pair.clip, **places))
    return contents


def _describe(pair: Pair) -> dict[str, Any]:
    moments = pair.moments
    face = pair.onset.face
    width, height = pair.onset.frame.size
    return {
        "columns": {
            "onset_frame": moments.onset,
            "apex_frame": moments.apex,
            "offset_frame": moments.offset,
            "onset_source": moments.onset_source,
            "apex_source": moments.apex_source,
            "alignment": pair.alignment,
            "faces": pair.faces,
            "interocular": (
                None if face is None else round(face.interocular / pair.onset.frame.shrinkage, 2)
            ),
            "width": width,
            "height": height,
        },
        "onset": _describe_view(pair.onset),
        "apex": _describe_view(pair.apex),
    }


def _describe_view(view: View) -> dict[str, Any]:
    return {
        "confidence": None if view.face is None else round(view.face.confidence, 4),
        "eyes": _rounded(view.source_eyes),
        "points_in_source": _rounded(view.source_points),
        "points_in_crop": _rounded(view.crop_points),
        "similarity": view.similarity.tolist(),
    }


def _rounded(points: NDArray[np.float64] | None) -> list[list[float]] | None:
    return None if points is None else np.round(points, 3).tolist()


def _json(content: object) -> bytes:
    # A file name that is no UTF-8 becomes an escape, as JSON has them.
    return json.dumps(content, ensure_ascii=False, indent=1).encode(errors="backslashreplace")


def _png(picture: Picture) -> bytes:
    stored = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".png", stored)[1])


def _npz(**arrays: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()
