"""Databases of posed and spontaneous expressions in small, as their owners ship them."""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np

Footage = Callable[[str, str, int], Sequence[np.ndarray]]
"""Subject, label and emotion, number of a take -> its gray frames, (H, W) in uint8."""


def level_footage(subject: str, shown: str, take: int) -> list[np.ndarray]:
    """Flat frames that grow brighter up to the fourth, the apex, and fall back; cheap."""
    return [np.full((16, 16), level, np.uint8) for level in (20, 20, 90, 200, 120)]


def apex_of(frames: Sequence[np.ndarray]) -> int:
    """Position of the frame that differs most from the first."""
    return int(np.argmax(_movement(frames)))


def lay_out_ustc_nvie(root: Path, footage: Footage) -> None:
    """Writes ``key_frames.csv`` into the root as well, the list that a user gives."""
    digits = {"1": "happiness", "4": "surprise"}
    parts = {"posed": "0-PosedExpressionDatabase", "spontaneous": "1-SpontaneousDatabase"}
    rows = ["subject,label,onset,apex"]
    for subject, (label, part), digit in product(("P1", "P2", "P10"), parts.items(), digits):
        frames = footage(subject, f"{label} {digits[digit]}", 1)
        place = Path("NVIE Database", part, subject, "visible", f"{digit}-{digits[digit]}")
        names = [f"{digit}_{number:03}.bmp" for number in range(1, len(frames) + 1)]
        _write_images(root / place, names, frames)
        onset, apex = place / names[0], place / names[apex_of(frames)]
        rows.append(f"{subject},{label},{onset},{apex}")
    (root / "key_frames.csv").write_text("\n".join(rows) + "\n")


def lay_out_spos(root: Path, footage: Footage) -> None:
    labels, subjects = ("posed", "spontaneous"), ("yi", "ying", "rui")
    for label, emotion, subject, take in product(labels, ("happy", "fear"), subjects, (1, 2)):
        frames = footage(subject, f"{label} {emotion}", take)
        names = [f"img{number}.bmp" for number in range(8, 8 + len(frames))]
        _write_images(root / label / emotion / f"{subject}-{take}", names, frames)


def lay_out_uva_nemo(root: Path, footage: Footage) -> None:
    """Subjects 001 and 004 are sisters, 004 and 002 are mother and daughter."""
    rows = [
        "UvA-NEMO Smile Database",
        "File Details",
        "",
        "Filename\tSubject\tGender\tAge\tLabel",
        "",
    ]
    people = {
        "001": ("female", 23),
        "002": ("female", 51),
        "003": ("male", 8),
        "004": ("female", 30),
    }
    smiles = {"deliberate": "posed", "spontaneous": "spontaneous"}
    for (person, (gender, age)), (smile, label), take in product(
        people.items(), smiles.items(), (2, 10)
    ):
        name = f"{person}_{smile}_smile_{take}.mp4"
        _write_video(root / "videos" / name, footage(person, f"{label} smile", take))
        rows.append(f"{name}\t{person}\t{gender}\t{age}\t{smile}")
    kin = ["UvA-NEMO Smile Database", "Kinship Labels", "", "Pair\tRelation", ""]
    kin += ["001-004\tsister,sister", "002-004\tmother,daughter"]
    for file, lines in {"File_Details": rows, "Kinship_Labels": kin}.items():
        (root / f"UvA-NEMO_Smile_Database_{file}.txt").write_text("\r\n".join(lines) + "\r\n")


def lay_out_bbc_smiles(root: Path, footage: Footage) -> None:
    for folder, label in {"Genuine": "spontaneous", "posed": "posed"}.items():
        for clip in range(1, 5):
            name = f"smile{clip}"
            _write_video(
                root / folder / f"{name}.mp4", footage(f"{label} {name}", f"{label} smile", 1)
            )


def lay_out_ck_plus(root: Path, footage: Footage) -> None:
    """The third sequence of each subject has no emotion."""
    numbers = {"001": (5, "happiness"), "002": (7, "surprise"), "003": (None, "anger")}
    for subject, (sequence, (number, emotion)) in product(
        ("S005", "S010", "S011"), numbers.items()
    ):
        frames = footage(subject, emotion, int(sequence))
        frames = frames[: apex_of(frames) + 1]
        stems = [f"{subject}_{sequence}_{n:08}" for n in range(1, len(frames) + 1)]
        place = root / "cohn-kanade-images" / subject / sequence
        _write_images(place, [f"{stem}.png" for stem in stems], frames)
        label = root / "Emotion" / subject / sequence
        label.mkdir(parents=True)
        if number is not None:
            (label / f"{stems[-1]}_emotion.txt").write_text(f"   {number:.7e}\n")


def lay_out_disfa_plus(root: Path, footage: Footage) -> None:
    """Writes ``sessions.csv`` into the root as well, the list that a user gives."""
    sessions = {
        "A1_AU1_TrailNo_1": "posed",
        "Y_HappyDescribed_TrailNo_2": "posed",
        "clip3": "spontaneous",
    }
    results = ["subject,session,label"]
    for subject, (session, label) in product(("SN001", "SN003", "SN004"), sessions.items()):
        frames = footage(subject, f"{label} {session}", 1)
        names = [f"{number:03}.jpg" for number in range(len(frames))]
        _write_images(root / "Images" / subject / session, names, frames)
        moved = _movement(frames)
        smile = np.round(5 * moved / max(moved.max(), 1e-9)).astype(int)
        for unit in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26):
            strengths = smile if unit in (6, 12) else np.zeros_like(smile)
            rows = [f"{n}     {s}" for n, s in zip(names, strengths, strict=True)]
            file = root / "Labels" / subject / session / f"AU{unit}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join([f"AU{unit} intensity", "frame     0-5", *rows]) + "\n")
        if session == "clip3":
            results.append(f"{subject},{session},{label}")
    (root / "sessions.csv").write_text("\n".join(results) + "\n")


LAYOUTS: dict[str, tuple[Callable[[Path, Footage], None], list[str]]] = {
    "ustc_nvie_subset": (lay_out_ustc_nvie, ["database.annotations={root}/key_frames.csv"]),
    "ustc_nvie_full": (lay_out_ustc_nvie, ["database.annotations={root}/key_frames.csv"]),
    "spos": (lay_out_spos, []),
    "spos_nir": (lay_out_spos, []),
    "uva_nemo": (lay_out_uva_nemo, []),
    "bbc_smiles": (lay_out_bbc_smiles, []),
    "ck_plus": (lay_out_ck_plus, []),
    "disfa_plus": (lay_out_disfa_plus, ["database.sessions={root}/sessions.csv"]),
}
"""By ``database=``: the function that writes it, and overrides needed besides ``root``."""


def overrides(name: str, root: Path) -> list[str]:
    """What a user says after the command to prepare a database."""
    _, more = LAYOUTS[name]
    return [f"database={name}", f"root={root}", *(override.format(root=root) for override in more)]


def _movement(frames: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([np.abs(frame - frames[0].astype(float)).mean() for frame in frames])


def _write_images(folder: Path, names: Sequence[str], frames: Sequence[np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in zip(names, frames, strict=True):
        assert cv2.imwrite(str(folder / name), frame)


def _write_video(path: Path, frames: Sequence[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
