"""Runs the checks of a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from posed_spontaneous.databases.audits.audit import SEVERITIES, Audit
from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.contact_sheet import ContactSheet
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.database import Published
from posed_spontaneous.databases.findings import Finding


@dataclass(frozen=True)
class Auditor:
    """Runs the checks of a database.

    Args:
        checks: Checks under short names, in the order of their tables.
        sheet: Draws the contact sheet.
    """

    checks: Mapping[str, Check]
    sheet: ContactSheet

    def __call__(
        self, folder: Path, rows: pd.DataFrame, findings: Sequence[Finding], published: Published
    ) -> Audit:
        """Audit a manifest.

        Args:
            folder: Folder of relative paths in the rows, and of ``landmarks.npz`` if there is one.
            rows: Rows of a manifest, at least one.
            findings: Earlier findings, such as those of the preparation, which count as well.
            published: Counts in the database's paper.
        """
        evidence = Evidence.read(folder, rows, published)
        results = [result for check in self.checks.values() for result in check(evidence)]
        found = [*findings, *(result for result in results if isinstance(result, Finding))]
        place = {check: i for i, check in enumerate(dict.fromkeys(f.check for f in found))}
        found.sort(key=lambda f: (SEVERITIES.index(f.severity), place[f.check]))
        labels = rows["label"].value_counts().sort_index()
        return Audit(
            counts={
                "samples": len(rows),
                "subjects": int(rows["subject_id"].nunique()),
                **{f"label: {label}": int(count) for label, count in labels.items()},
            },
            tables=tuple(result for result in results if isinstance(result, CheckTable)),
            findings=tuple(found),
            sheet=self.sheet(evidence, found),
        )
