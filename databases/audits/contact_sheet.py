"""A contact sheet of some of a database's pairs, those with findings first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.findings import Finding, Severity
from posed_spontaneous.drawing.contact_sheet import draw_contact_sheet
from posed_spontaneous.drawing.style import FATAL_FINDING, WARNING_FINDING
from posed_spontaneous.drawing.tiles import PairPicture

COLORS = {Severity.FATAL: FATAL_FINDING, Severity.WARNING: WARNING_FINDING}
"""Frames of pairs with findings."""
LANDMARKS = "landmarks.npz"


@dataclass(frozen=True)
class ContactSheet:
    """Selects and draws pairs of all labels and many subjects.

    Pairs with a warning or a fatal finding come first, in a frame, on up to half of the sheet, in
    turns over the findings. The selection depends only on the rows and the findings.

    Args:
        samples: Largest number of pairs.
        columns: Pairs in a row.
        cell: Side of an image, in pixels.
        points: Whether to draw the facial points of ``landmarks.npz``, if it exists, on the onset.
    """

    samples: int
    columns: int
    cell: int
    points: bool

    def __call__(self, evidence: Evidence, findings: Sequence[Finding]) -> Figure:
        """Draw the sheet.

        Args:
            evidence: The rows and crops.
            findings: All findings; their samples without a row are ignored.
        """
        count = len(evidence.rows)
        found = _rows_by_finding(evidence, findings)
        turns = (row for turn in zip_longest(*(rows for _, rows in found)) for row in turn)
        named = list(dict.fromkeys(row for row in turns if row is not None))[: self.samples // 2]
        others = spread(evidence, np.setdiff1d(np.arange(count), named).astype(np.intp))
        shown = [*named, *sorted(others[: self.samples - len(named)])]
        # A fatal finding replaces a warning.
        severity = {row: severity for severity, rows in reversed(found) for row in rows}
        points = _read_points(evidence) if self.points else {}
        pairs = [
            PairPicture(
                name=str(evidence.rows["sample_id"].iloc[row]),
                label=str(evidence.rows["label"].iloc[row]),
                onset=evidence.picture(row, "onset"),
                apex=evidence.picture(row, "apex"),
                points=points.get(str(evidence.rows["sample_id"].iloc[row])),
                color=COLORS[severity[row]] if row in severity else None,
            )
            for row in shown
        ]
        return draw_contact_sheet(
            pairs,
            title=f"{len(shown)} of {count} pairs",
            columns=self.columns,
            cell=self.cell,
            legend={
                f"framed: named by a {one} finding": color
                for one, color in COLORS.items()
                if one in severity.values()
            },
        )


def spread(evidence: Evidence, rows: NDArray[np.intp]) -> list[int]:
    """Order rows so that the first ones, however many, cover labels and subjects evenly.

    Args:
        evidence: The evidence that they belong to.
        rows: Row numbers.
    """
    if not len(rows):
        return []
    described = evidence.rows.iloc[rows].assign(row=rows)
    described = described.sort_values("sample_id", kind="stable")
    subjects = {name: place for place, name in enumerate(_by_halves(described["subject_id"]))}
    turn = described["subject_id"].map(subjects)
    # The k-th subject begins with its k-th sample, so that emotions alternate too.
    group = described.groupby(["subject_id", "label"])
    rank = (group.cumcount() - turn) % group["row"].transform("size")
    order = described.assign(turn=turn, rank=rank).sort_values(["rank", "turn", "label"])
    return [int(row) for row in order["row"]]


def _by_halves(names: Iterable[str]) -> list[str]:
    """Distinct names in the order of van der Corput's sequence, which spreads over them."""
    distinct = sorted(set(names))
    bits = max(len(distinct) - 1, 1).bit_length()
    places = sorted(range(len(distinct)), key=lambda i: f"{i:0{bits}b}"[::-1])
    return [distinct[place] for place in places]


def _rows_by_finding(
    evidence: Evidence, findings: Sequence[Finding]
) -> list[tuple[Severity, list[int]]]:
    """Severity and rows of each fatal finding and each warning, in this order."""
    row = {sample: i for i, sample in enumerate(evidence.rows["sample_id"].astype(str))}
    return [
        (severity, [row[sample] for sample in finding.samples if sample in row])
        for severity in COLORS
        for finding in findings
        if finding.severity is severity
    ]


def _read_points(evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    """Facial points of the onset by sample, in pixels of the crop."""
    file = evidence.folder / LANDMARKS
    if not file.is_file():
        return {}
    with np.load(file) as arrays:
        return dict(zip(arrays["sample_id"].tolist(), arrays["onset"], strict=True))
