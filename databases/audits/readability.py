"""Whether every crop exists and can be read."""

from collections.abc import Iterator

import numpy as np

from posed_spontaneous.databases.audits.check import Check
from posed_spontaneous.databases.audits.evidence import PHASES, Evidence
from posed_spontaneous.databases.findings import Finding


class Readability(Check):
    """Crops that are missing, unreadable or of another size; fatal if no pair can be read."""

    name = "unreadable crops"

    def __call__(self, evidence: Evidence) -> Iterator[Finding]:
        pairs = evidence.readable["onset"] & evidence.readable["apex"]
        if not pairs.any():
            yield self.fatal(
                f"none of the {len(pairs)} pairs can be read: prepare the database again"
            )
        for phase in PHASES:
            faults = evidence.faults[phase]
            for fault in np.unique(faults[faults != ""]):
                chosen = faults == fault
                first = evidence.rows[f"{phase}_path"].iloc[int(chosen.argmax())]
                yield self.warning(
                    f"{phase}: {chosen.sum()} of {len(chosen)} crops: {fault}, first {first}: "
                    "prepare them again, or delete the rows",
                    evidence.names(chosen),
                )
