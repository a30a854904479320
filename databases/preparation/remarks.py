"""What is found while a sample is prepared."""

from posed_spontaneous.databases.findings import Finding, Severity


class RefusalError(Exception):
    """A sample cannot be prepared.

    Args:
        check: What was looked at, in a few words.
        message: One line: the file, what was found, how to mend it.
        ends_all: Whether the whole command ends.
        settled: Whether the same files give the same again, so that they need not be read anew.
    """

    def __init__(
        self, check: str, message: str, *, ends_all: bool = False, settled: bool = True
    ) -> None:
        super().__init__(message)
        self.check = check
        self.ends_all = ends_all
        self.settled = settled


class Remarks:
    """Findings about one sample.

    Args:
        sample: Its id.
    """

    def __init__(self, sample: str) -> None:
        self._sample = sample
        self.findings: list[Finding] = []

    def add(self, check: str, severity: Severity, message: str) -> None:
        """Note a finding; the message is led by the sample's name."""
        finding = Finding(
            check=check,
            severity=severity,
            message=printable(f"sample {self._sample}: {message}"),
            samples=(self._sample,),
        )
        if finding not in self.findings:
            self.findings.append(finding)


def printable(text: str) -> str:
    """A line that every console and file takes, whatever names stand in it."""
    return " ".join(text.encode(errors="backslashreplace").decode().splitlines())
