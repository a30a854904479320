"""Findings about one sample, collected while it is prepared."""

from posed_spontaneous.databases.findings import Finding, Severity


class ExclusionError(Exception):
    """A sample is excluded.

    Args:
        check: What was checked, in a few words.
        message: One line: the file, what was found and how to fix it.
    """

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check


class SampleFindings:
    """Collects the findings about one sample, each once.

    Args:
        sample_id: The sample, with which every message begins.
    """

    def __init__(self, sample_id: str) -> None:
        self._sample_id = sample_id
        self.findings: list[Finding] = []

    def note(self, check: str, message: str) -> None:
        """Add a note."""
        self._add(sample_finding(self._sample_id, check, message, Severity.NOTE))

    def warn(self, check: str, message: str) -> None:
        """Add a warning."""
        self._add(sample_finding(self._sample_id, check, message))

    def _add(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)


def sample_finding(
    sample_id: str, check: str, message: str, severity: Severity = Severity.WARNING
) -> Finding:
    """A finding about one sample, with whose name the message begins."""
    name = printable(sample_id)
    message = f"sample {name}: {printable(message)}"
    return Finding(check=check, severity=severity, message=message, samples=(name,))


def printable(text: str) -> str:
    """One line of valid UTF-8: other bytes of file names are escaped, line breaks are blanks."""
    return " ".join(text.encode(errors="backslashreplace").decode().splitlines())
