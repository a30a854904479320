"""A picture of some of a database's pairs, for a person to look at."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from posed_spontaneous.databases.audits.evidence import PHASES, Crops, Evidence
from posed_spontaneous.databases.findings import Finding, Severity

CAPTION = 20
"""Pixels of the strip above a pair, and of each line of the heading."""
FRAME = 4
"""Pixels of a frame, and of the gap about each pair."""
COLOURS = {Severity.FATAL: (40, 40, 215), Severity.WARNING: (0, 150, 245)}
"""Blue, green and red of the frames of pairs with findings."""
INK, PAPER, DOT = (30, 30, 30), (255, 255, 255), (90, 220, 60)
FONT, SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
LANDMARKS = "landmarks.npz"


class ContactSheet:
    """Draws onset, apex and their difference for pairs of all labels and many subjects.

    Pairs that a warning or a fatal finding names come first, in a frame, up to half of the sheet;
    each finding shows some. The choice depends on nothing but the rows and the findings.

    Args:
        samples: Pairs shown, or all where there are fewer.
        columns: Pairs beside each other.
        cell: Width and height of a picture, in pixels.
        points: Draw the facial points of ``landmarks.npz``, if there is one, on the onset.
    """

    def __init__(self, samples: int, columns: int, cell: int, points: bool) -> None:
        self.samples = samples
        self.columns = columns
        self.cell = cell
        self.points = points

    def __call__(self, evidence: Evidence, findings: Sequence[Finding]) -> Crops:
        """The sheet, ``(H, W, 3)`` in blue, green and red.

        Args:
            evidence: The rows and crops.
            findings: What was found; samples that have no row are passed over.
        """
        marks = _weigh(evidence, findings)
        named = _take_turns(evidence, findings, self.samples // 2)
        others = spread(
            evidence, np.setdiff1d(np.arange(len(evidence.rows)), named).astype(np.intp)
        )
        rows = [*named, *sorted(others[: self.samples - len(named)])]
        points = _read_points(evidence) if self.points else {}
        pairs = [self._draw_pair(evidence, row, marks.get(row), points) for row in rows]
        meanings = [severity for severity in COLOURS if severity in marks.values()]
        columns = min(self.columns, len(pairs))
        empty = np.full_like(pairs[0], 255)
        pairs += [empty] * (-len(pairs) % columns)
        lines = [np.hstack(pairs[i : i + columns]) for i in range(0, len(pairs), columns)]
        title = f"{len(rows)} of {len(evidence.rows)} pairs: onset, apex, change (gray is none)"
        return np.vstack([*_head(title, meanings, lines[0].shape[1]), *lines])

    def _draw_pair(
        self,
        evidence: Evidence,
        row: int,
        mark: Severity | None,
        points: dict[str, NDArray[np.float64]],
    ) -> Crops:
        onset, apex = (evidence.picture(row, phase) for phase in PHASES)
        cells = [self._enlarge(onset), self._enlarge(apex), self._enlarge(_change(onset, apex))]
        sample, label = (str(evidence.rows[name].iloc[row]) for name in ("sample_id", "label"))
        if onset is not None and sample in points:
            scale = self.cell / np.array(onset.shape[1::-1])
            for x, y in (points[sample] + 0.5) * scale - 1:
                if min(x, y) >= 0:
                    cells[0][round(y) : round(y) + 2, round(x) : round(x) + 2] = DOT
        pictures = np.hstack(cells)
        strip = _strip(pictures.shape[1])
        room = pictures.shape[1] - 3 - cv2.getTextSize(label, FONT, SIZE, 1)[0][0]
        _write(strip, label, room, INK)
        _write(strip, _shorten(sample, room - 12), 2, INK)
        return _frame(_frame(np.vstack([strip, pictures]), COLOURS[mark] if mark else PAPER), PAPER)

    def _enlarge(self, picture: Crops | None) -> Crops:
        """A picture in its cell; a crossed cell where there is none."""
        side = self.cell
        if picture is None:
            cell = np.full((side, side, 3), 225, np.uint8)
            for start, end in (((0, 0), (side, side)), ((side, 0), (0, side))):
                cv2.line(cell, start, end, (170, 170, 170), 1, cv2.LINE_AA)
            return cell
        return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC))


def spread(evidence: Evidence, rows: NDArray[np.intp]) -> list[int]:
    """Rows in an order whose every beginning covers labels and subjects as evenly as it can.

    Args:
        evidence: Whose rows they are.
        rows: Row numbers.
    """
    if not len(rows):
        return []
    described = evidence.rows.iloc[rows].assign(row=rows)
    described = described.sort_values("sample_id", kind="stable")
    subjects = {name: place for place, name in enumerate(_by_halves(described["subject_id"]))}
    turn = described["subject_id"].map(subjects)
    # The k-th subject begins with its k-th sample: emotions, too, take turns.
    group = described.groupby(["subject_id", "label"])
    rank = (group.cumcount() - turn) % group["row"].transform("size")
    order = described.assign(turn=turn, rank=rank).sort_values(["rank", "turn", "label"])
    return [int(row) for row in order["row"]]


def _head(title: str, meanings: Sequence[Severity], width: int) -> list[Crops]:
    """What the pictures are and what the frames mean, on as many lines as they need."""
    texts = [(title, INK)]
    texts += [
        (f"framed: a {severity} finding names it", COLOURS[severity]) for severity in meanings
    ]
    lines, place = [_strip(width)], FRAME
    for text, colour in texts:
        length = cv2.getTextSize(text, FONT, SIZE, 1)[0][0]
        if place > FRAME and place + length > width:
            lines.append(_strip(width))
            place = FRAME
        _write(lines[-1], text, place, colour)
        place += length + 6 * FRAME
    return lines


def _by_halves(names: Iterable[str]) -> list[str]:
    """Distinct names in an order that spreads over them: van der Corput's."""
    distinct = sorted(set(names))
    bits = max(len(distinct) - 1, 1).bit_length()
    places = sorted(range(len(distinct)), key=lambda i: f"{i:0{bits}b}"[::-1])
    return [distinct[place] for place in places]


def _marked(evidence: Evidence, findings: Sequence[Finding]) -> list[tuple[Severity, list[int]]]:
    """Rows that each warning and each fatal finding names, the fatal ones first."""
    row = {sample: i for i, sample in enumerate(evidence.rows["sample_id"].astype(str))}
    return [
        (severity, [row[sample] for sample in finding.samples if sample in row])
        for severity in COLOURS
        for finding in findings
        if finding.severity is severity
    ]


def _weigh(evidence: Evidence, findings: Sequence[Finding]) -> dict[int, Severity]:
    weights: dict[int, Severity] = {}
    for severity, rows in _marked(evidence, findings):
        for row in rows:
            weights.setdefault(row, severity)
    return weights


def _take_turns(evidence: Evidence, findings: Sequence[Finding], most: int) -> list[int]:
    """Rows that findings name, one of each finding at a time."""
    queues = [rows for _, rows in _marked(evidence, findings)]
    turns = [
        row
        for turn in range(max(map(len, queues), default=0))
        for q in queues
        for row in q[turn : turn + 1]
    ]
    return list(dict.fromkeys(turns))[:most]


def _read_points(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    """Facial points of each sample's onset, in pixels of the crop."""
    file = evidence.folder / LANDMARKS
    if not file.is_file():
        return {}
    with np.load(file) as arrays:
        return dict(zip(arrays["sample_id"].tolist(), arrays["onset"], strict=True))


def _frame(picture: Crops, colour: tuple[int, int, int]) -> Crops:
    framed = cv2.copyMakeBorder(
        picture, FRAME, FRAME, FRAME, FRAME, cv2.BORDER_CONSTANT, value=colour
    )
    return np.asarray(framed, np.uint8)


def _change(onset: Crops | None, apex: Crops | None) -> Crops | None:
    if onset is None or apex is None:
        return None
    return np.clip(128 + apex.astype(int) - onset, 0, 255).astype(np.uint8)


def _strip(width: int) -> Crops:
    return np.full((CAPTION, width, 3), 255, np.uint8)


def _write(strip: Crops, text: str, place: int, colour: tuple[int, int, int]) -> None:
    cv2.putText(strip, text, (place, CAPTION - 6), FONT, SIZE, colour, 1, cv2.LINE_AA)


def _shorten(text: str, width: int) -> str:
    """The text, its middle left out until it fits: both ends of a name tell samples apart."""
    short, keep = text, len(text) - 1
    while keep > 1 and cv2.getTextSize(short, FONT, SIZE, 1)[0][0] > width:
        short = f"{text[: keep // 2]}..{text[len(text) - keep + keep // 2 :]}"
        keep -= 1
    return short
