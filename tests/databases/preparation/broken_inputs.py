"""Recordings with every kind of damage that occurs in real folders, from a seed each."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from posed_spontaneous.databases.recording import Recording, Video

from ...databases.preparation.rendered_recordings import LABELS, filmed, write_frames

Damage = Callable[[np.random.Generator, Path, Recording], Recording]


def fill(content: bytes) -> Damage:
    def damage(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
        path.write_bytes(content)
        return recording

    return damage


def truncate(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.integers(len(content)))])
    return recording


def flip_bytes(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    content = bytearray(path.read_bytes())
    for _ in range(int(rng.integers(1, 30))):
        content[int(rng.integers(len(content)))] ^= int(rng.integers(1, 256))
    path.write_bytes(bytes(content))
    return recording


def noise(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    path.write_bytes(rng.bytes(int(rng.integers(1, 5000))))
    return recording


def remove(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    path.unlink()
    return recording


def forbid(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    path.chmod(0)
    return recording


def link(target: str) -> Damage:
    def damage(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
        path.unlink()
        path.symlink_to(path.name if target == "itself" else path.parent / target)
        return recording

    return damage


def make_folder(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    path.unlink()
    path.mkdir()
    return recording


def make_pipe(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    path.unlink()
    os.mkfifo(path)
    return recording


def store_as(mode: str, suffix: str, **options: object) -> Damage:
    def damage(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
        Image.open(path).convert(mode).save(aside := path.with_suffix(f".{suffix}"), **options)
        aside.replace(path)  # with the former file extension
        return recording

    return damage


def store_more_bits(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    for frame in recording.frames:
        values = cv2.imread(str(frame), cv2.IMREAD_GRAYSCALE).astype(np.uint16)
        cv2.imwrite(str(frame), values * (4095 // 255))
    return recording


def turn(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    exif = Image.Exif()
    exif[0x0112] = int(rng.integers(2, 9))
    Image.open(path).save(path, exif=exif)
    return recording


def resize(width: int, height: int) -> Damage:
    def damage(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
        large = Image.open(path).resize((width, height), Image.Resampling.NEAREST)
        large.save(path, compress_level=1)  # fast, also for a huge image
        return recording

    return damage


def rename(name: str) -> Damage:
    def damage(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
        moved = path.with_name(f"{path.stem} {name}.png")
        path.rename(moved)
        return replace(
            recording, frames=[moved if frame == path else frame for frame in recording.frames]
        )

    return damage


def take_another_format(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n" + rng.bytes(50))
    return recording


def take_video(damage: Callable[[np.random.Generator, bytes], bytes]) -> Damage:
    def film(rng: np.random.Generator, path: Path, recording: Recording) -> Recording:
        video = path.with_suffix(".avi")
        writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), 25, (320, 240))
        for frame in filmed(0).frames.repeat(2, axis=0):
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        writer.release()
        video.write_bytes(damage(rng, video.read_bytes()))
        return replace(recording, frames=Video(video), onset=0, apex=3)

    return film


def change(**fields: object) -> Damage:
    return lambda rng, path, recording: replace(recording, **fields)


DAMAGES: dict[str, Damage] = {
    "empty": fill(b""),
    "text": fill(b"onset,apex\n1,2\n"),
    "head of a png": fill(b"\x89PNG\r\n\x1a\n"),
    "head of a jpeg": fill(b"\xff\xd8\xff\xe0" + bytes(20)),
    "truncated": truncate,
    "flipped": flip_bytes,
    "noise": noise,
    "removed": remove,
    "forbidden": forbid,
    "broken link": link("nowhere.png"),
    "link to itself": link("itself"),
    "folder": make_folder,
    "pipe": make_pipe,
    "cmyk": store_as("CMYK", "jpg"),
    "palette": store_as("P", "gif"),
    "alpha": store_as("RGBA", "png"),
    "gray alpha": store_as("LA", "png"),
    "two colours": store_as("1", "tif"),
    "progressive": store_as("L", "jpg", progressive=True),
    "floats": store_as("F", "tif"),
    "integers": store_as("I", "tif"),
    "12 bits": store_more_bits,
    "turned": turn,
    "one pixel": resize(1, 1),
    "one line": resize(20_000, 1),
    "huge": resize(9000, 6750),
    "blank in name": rename("a  b"),
    "script in name": rename("Müller 表情 ☺"),
    "postscript": take_another_format,
    "video": take_video(lambda rng, content: content),
    "short video": take_video(lambda rng, content: content[: int(rng.integers(len(content)))]),
    "flipped video": take_video(
        lambda rng, content: content[:6000] + rng.bytes(200) + content[6200:]
    ),
    "no video": take_video(lambda rng, content: rng.bytes(3000)),
    "beyond the end": change(apex=99),
    "before the start": change(onset=-3),
    "reversed": change(onset=1, apex=0),
    "onset is apex": change(onset=1, apex=1),
    "one frame": lambda rng, path, recording: replace(recording, frames=recording.frames[:1]),
    "no frame": change(frames=[]),
    "no label": change(label=" "),
    "no subject": change(subject_id=""),
    "two lines in label": change(label="posed\nspontaneous"),
    "no positions": change(onset=None, apex=None),
    "unusual details": change(
        details={"fold": 3, "emotion": None, "score_x": "y", "n": float("nan")}
    ),
}


def damage_recordings(folder: Path, count: int) -> list[Recording]:
    """Recordings with one kind of damage each, in turn, in a random one of two frames.

    They include an undamaged one for each label.
    """
    recordings = []
    for number in range(count):
        rng = np.random.default_rng(number)
        kind, damage = list(DAMAGES.items())[number % len(DAMAGES)]
        recording = Recording(
            sample_id=f"{number}/{kind}",
            subject_id=f"s{number % 7}",
            label=LABELS[number % 2],
            frames=write_frames(folder, f"{number:04d}", filmed(number % 4).frames),
            onset=0,
            apex=1,
            details={"emotion": "happiness"},
        )
        path = recording.frames[int(rng.integers(2))]
        recordings.append(damage(rng, path, recording))
    for number, label in enumerate(LABELS):
        recordings.append(
            Recording(
                sample_id=f"sound/{label}",
                subject_id=f"s{number}",
                label=label,
                frames=write_frames(folder, f"sound-{number}", filmed(number).frames),
                onset=0,
                apex=1,
            )
        )
    return recordings
