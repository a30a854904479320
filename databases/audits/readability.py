"""Whether every crop is there and can be read."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding, Severity


class Readability:
    """Crops that are missing, unreadable or of another size; fatal if no pair is left."""

    CHECK = "unreadable crops"

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        left = evidence.readable["onset"] & evidence.readable["apex"]
        if not left.any():
            yield Finding(
                check=self.CHECK,
                severity=Severity.FATAL,
                message=f"no pair of {len(left)} can be read: prepare the database again",
            )
        for phase in PHASES:
            faults = evidence.faults[phase]
            for fault in np.unique(faults[faults != ""]):
                chosen = faults == fault
                first = evidence.rows[f"{phase}_path"].iloc[int(chosen.argmax())]
                yield Finding(
                    check=self.CHECK,
                    severity=Severity.WARNING,
                    message=f"{phase}: {chosen.sum()} of {len(chosen)} crops: {fault}, first "
                    f"{first}: prepare them again, or delete the rows",
                    samples=evidence.names(chosen),
                )
