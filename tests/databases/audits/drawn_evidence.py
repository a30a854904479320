"""Evidence made from arrays, with known findings."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from posed_spontaneous.databases.audits import Check, CheckTable, Evidence
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Finding

NOWHERE = Published()


def evidence_of(
    onset: np.ndarray | None = None,
    apex: np.ndarray | None = None,
    *,
    subjects: Sequence[str],
    labels: Sequence[str],
    published: Published = NOWHERE,
    **columns: object,
) -> Evidence:
    """Evidence of samples ``n00``, ``n01``, ..., with noise if no crops are given."""
    n = len(subjects)
    noise = np.random.default_rng(0).integers(40, 200, (2, n, 12, 12), dtype=np.uint8)
    names = [f"n{number:02d}" for number in range(n)]
    rows = pd.DataFrame(
        {
            "sample_id": names,
            "subject_id": subjects,
            "label": labels,
            "onset_path": [f"{name}-onset.png" for name in names],
            "apex_path": [f"{name}-apex.png" for name in names],
            **columns,
        }
    )
    onset, apex = (
        noise[i] if given is None else np.asarray(given, np.uint8)
        for i, given in enumerate((onset, apex))
    )
    return Evidence(
        folder=Path(),
        rows=rows,
        crops={"onset": onset, "apex": apex},
        faults=dict.fromkeys(("onset", "apex"), np.full(n, "")),
        published=published,
    )


def found_by(check: Check, evidence: Evidence) -> list[Finding]:
    return [result for result in check(evidence) if isinstance(result, Finding)]


def tables_of(results: Iterable[Finding | CheckTable]) -> dict[str, pd.DataFrame]:
    return {result.caption: result.rows for result in results if isinstance(result, CheckTable)}
