"""Databases of micro-expressions, and files of one's own, in small, as their owners ship them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from openpyxl import Workbook

from ...databases.layouts.layouts_posed import Footage, apex_of

LEAD = 2
"""Frames before the onset."""


def lay_out_casme2(root: Path, footage: Footage) -> None:
    """Frames start at img7.jpg, an emotion is no class, and an apex is not results."""
    header = "Subject,Filename,,OnsetFrame,ApexFrame,OffsetFrame,,Action Units,Estimated Emotion"
    rows: list[list[object]] = [[name or None for name in header.split(",")]]
    for subject, emotion, take in _takes(("01", "02", "10"), ("happiness", "disgust", "fear")):
        frames = footage(subject, emotion, take)
        clip = f"EP{take:02}_{len(rows):02}f"
        names = [f"img{number}.jpg" for number in range(7, 7 + LEAD + len(frames))]
        _write(root / f"sub{subject}" / clip, names, _led(frames))
        onset = 7 + LEAD
        apex = "/" if len(rows) == 1 else onset + apex_of(frames)
        offset = onset + len(frames) - 1
        rows.append([subject, clip, None, onset, apex, offset, None, "4+R7", emotion])
    _save(root / "CASME2-coding-20140508.xlsx", rows)


def lay_out_samm(root: Path, footage: Footage) -> None:
    """The header is in row 14, and one apex is unknown."""
    preamble: list[list[object]] = [[None]] * 13
    preamble[0] = ["SAMM Micro-Movements FACS Codes"]
    preamble[3] = ["Subject", "the number of a participant"]
    header = "Subject,Filename,Inducement Code,Onset Frame,Apex Frame,Offset Frame,Duration,Micro,"
    header += "Action Units,Estimated Emotion,Objective Classes,Notes"
    rows: list[list[object]] = [*preamble, list(header.split(","))]
    for subject, emotion, take in _takes(("006", "007", "011"), ("Happiness", "Anger", "Other")):
        frames = footage(subject, emotion, take)
        material = f"{subject}_{len(rows) - 13}_{take}"
        first = 98 + 1000 * take
        names = [f"{subject}_{first + n:05}.jpg" for n in range(LEAD + len(frames))]
        _write(root / subject / material, names, _led(frames))
        onset, offset = first + LEAD, first + LEAD + len(frames) - 1
        apex = -1 if material.endswith("_3_1") else onset + apex_of(frames)
        results = [onset, apex, offset, offset - onset, "Micro - 1/2", "AU12", emotion, 5, None]
        rows.append([subject, material, 3, *results])
    _save(root / "SAMM_Micro_FACS_Codes_v2.xlsx", rows)


def lay_out_smic(root: Path, footage: Footage) -> None:
    short = {"negative": "ne", "positive": "po", "surprise": "sur"}
    shown = {"negative": "disgust", "positive": "happiness", "surprise": "surprise"}
    for subject, label, take in _takes(("s1", "s2", "s11"), tuple(short)):
        frames = footage(subject, shown[label], take)
        clip = root / subject / "micro" / label / f"{subject}_{short[label]}_{take:02}"
        _write(clip, [f"reg_image{n:06}.bmp" for n in range(1, 1 + len(frames))], frames)
        _write(root / subject / "non_micro" / f"{subject}_n{take}", ["reg_image1.bmp"], frames[:1])


def lay_out_folder(root: Path, footage: Footage) -> None:
    """The default pattern, numbers without leading zeros."""
    for subject, label, take in _takes(("s1", "s2", "s10"), ("posed", "spontaneous")):
        frames = footage(subject, label, take)
        names = [f"{number}.png" for number in range(8, 8 + len(frames))]
        _write(root / label / subject / f"take {take}", names, frames)


def lay_out_videos(root: Path, footage: Footage) -> None:
    """The first take has its key frames results."""
    rows = ["file,subject,label,onset,apex,offset,Gender"]
    for subject, label, take in _takes(("s1", "s2", "s10"), ("posed", "spontaneous")):
        frames = footage(subject, label, take)
        file = f"{subject}/{label} {take}.avi"
        _film(root / file, frames)
        results = f"0,{apex_of(frames)},{len(frames) - 1}" if take == 1 else ",,"
        rows.append(f"{file},{subject},{label},{results},{'female' if subject == 's1' else ''}")
    (root / "videos.csv").write_text("\n".join(rows) + "\n")


def lay_out_pairs(root: Path, footage: Footage) -> None:
    rows = ["onset,apex,subject,label,emotion"]
    for subject, label, take in _takes(("s1", "s2", "s10"), ("posed", "spontaneous")):
        frames = footage(subject, f"{label} happiness", take)
        names = [f"{label}{take}-onset.png", f"{label}{take}-apex.png"]
        _write(root / subject, names, [frames[0], frames[apex_of(frames)]])
        rows.append(f"{subject}/{names[0]},{subject}/{names[1]},{subject},{label},happiness")
    (root / "pairs.csv").write_text("\n".join(rows) + "\n")


LAYOUTS: dict[str, Callable[[Path, Footage], None]] = {
    "casme2": lay_out_casme2,
    "samm": lay_out_samm,
    "smic": lay_out_smic,
    "folder": lay_out_folder,
    "videos": lay_out_videos,
    "pairs": lay_out_pairs,
}
"""By ``database=``: what writes it."""


def _takes(subjects: Sequence[str], shown: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    return product(subjects, shown, (1, 2))


def _led(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [frames[0]] * LEAD + list(frames)


def _write(folder: Path, names: Sequence[str], frames: Sequence[np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in zip(names, frames, strict=True):
        assert cv2.imwrite(str(folder / name), frame)


def _film(path: Path, frames: Sequence[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()


def _save(path: Path, rows: Sequence[Sequence[object]]) -> None:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(path)
