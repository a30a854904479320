"""USTC-NVIE: posed and spontaneous expressions of more than a hundred subjects."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from posed_spontaneous.databases.database import Database, Published
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.databases.layouts.exclusion import exclusion
from posed_spontaneous.databases.recording import Recording
from posed_spontaneous.runtime.errors import InputError
from posed_spontaneous.runtime.tables import read_table

EMOTIONS = {
    "1": "happiness",
    "2": "disgust",
    "3": "fear",
    "4": "surprise",
    "5": "anger",
    "6": "sadness",
}
COLUMNS = ("subject", "label", "onset", "apex")
OPTIONAL = ("sample_id", "emotion")
LABELS = ("posed", "spontaneous")


class UstcNvie(Database):
    """Frames in any layout; a table that the user supplies lists onset and apex of each sample.

    Copies of the database differ in layout, and the format of the manual onset and apex labels of
    the 2017 paper is not known, hence the table. Its columns are ``subject``,
    ``label`` (posed or spontaneous), ``onset`` and ``apex`` (paths relative to the root);
    ``sample_id`` (by default from the path of the apex), ``emotion`` (by default from the first
    digit of the apex's name) and further columns, which are kept, are optional. "A Natural Visible
    and Infrared Facial Expression Database for Expression Recognition and Emotion Inference" (Wang
    et al., 2010, IEEE Transactions on Multimedia).

    Args:
        root: The database's folder.
        annotations: The table, a CSV or another format of ``read_table``.
        published: Counts of the part that the table lists.

    Raises:
        InputError: If ``root`` or the table is missing.
    """

    paper: ClassVar[str] = (
        "Wang, Liu, Lv, Lv, Wu, Peng, Chen, Wang: A Natural Visible and Infrared Facial "
        "Expression Database for Expression Recognition and Emotion Inference. 2010, IEEE "
        "Transactions on Multimedia"
    )
    access: ClassVar[str] = (
        "a signed agreement, sent to the University of Science and Technology of China; see "
        "nvie.ustc.edu.cn"
    )

    def __init__(
        self, root: Path | str, annotations: Path | str | None, published: Published
    ) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise InputError(f"{root}: no such folder, expected USTC-NVIE: check root")
        if annotations is None:
            raise InputError(
                "USTC-NVIE: no list of onsets and apexes, expected database.annotations=FILE.csv "
                f"with the header {','.join((*OPTIONAL, *COLUMNS))} ({' and '.join(OPTIONAL)} are "
                "optional), paths relative to root: write one row per sample"
            )
        self.annotations = Path(annotations)
        self.published = published

    def read(self) -> Iterator[Recording | Finding]:
        recordings: dict[str, Recording] = {}
        for row, named in read_table(self.annotations, COLUMNS).to_dict("index").items():
            cells = {str(name).lower(): cell for name, cell in named.items()}
            # The table may have been made on Windows.
            paths = [cells[key].replace("\\", "/") for key in ("onset", "apex")]
            sample = cells.get("sample_id") or re.sub(r"[^\w.-]+", "_", paths[1].rpartition(".")[0])
            missing = [path for path in paths if not (self.root / path).is_file()]
            if not cells["subject"] or cells["label"].lower() not in LABELS:
                found = f"subject {cells['subject']!r}, label {cells['label']!r}"
                expected = f"a subject and {' or '.join(LABELS)}"
            elif missing:
                found = f"onset {paths[0]!r}, apex {paths[1]!r}"
                expected = f"files in {self.root} ({missing[0]!r} is none)"
            elif sample in recordings:
                found, expected = f"{sample} again", "a unique sample_id or apex"
            else:
                recordings[sample] = self._recording(sample, cells, paths)
                if recordings[sample].details["emotion"] is None:
                    yield Finding(
                        check="no emotion",
                        severity=Severity.NOTE,
                        message=f"{self.annotations}, row {row}: no emotion, and the first "
                        f"digit of {paths[1]} is not 1 to {len(EMOTIONS)}: it stays empty",
                        samples=(sample,),
                    )
                continue
            yield exclusion(self.annotations, found, expected, row=row)
        yield from (recordings[sample] for sample in sorted(recordings))

    def _recording(self, sample: str, cells: Mapping[str, str], paths: Sequence[str]) -> Recording:
        # If both paths are equal, the recording has one frame and is reported later.
        frames = [self.root / path for path in dict.fromkeys(paths)]
        digit = re.search(r"\d", Path(paths[1]).name)
        emotion = cells.get("emotion") or (EMOTIONS.get(digit.group()) if digit else None)
        others = {key: cells[key] or None for key in cells if key not in (*COLUMNS, *OPTIONAL)}
        return Recording(
            sample_id=sample,
            subject_id=cells["subject"],
            label=cells["label"].lower(),
            frames=frames,
            onset=0,
            apex=len(frames) - 1,
            details={"emotion": emotion, **others},
        )
