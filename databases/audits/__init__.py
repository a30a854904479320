"""What is wrong with a database, found before anything is trained on it: a file each check."""

from posed_spontaneous.databases.audits.audit import Audit, Auditor, Check, Verdict, withdraw_audit
from posed_spontaneous.databases.audits.confounds import Confounds
from posed_spontaneous.databases.audits.contact_sheet import ContactSheet
from posed_spontaneous.databases.audits.counts import Counts
from posed_spontaneous.databases.audits.evidence import Evidence, Table
from posed_spontaneous.databases.audits.exact_duplicates import ExactDuplicates
from posed_spontaneous.databases.audits.exposure import Exposure
from posed_spontaneous.databases.audits.motion import Motion
from posed_spontaneous.databases.audits.near_duplicates import NearDuplicates
from posed_spontaneous.databases.audits.readability import Readability
from posed_spontaneous.databases.audits.sharpness import Sharpness
from posed_spontaneous.databases.audits.subjects import Subjects

__all__ = [
    "Audit",
    "Auditor",
    "Check",
    "Confounds",
    "ContactSheet",
    "Counts",
    "Evidence",
    "ExactDuplicates",
    "Exposure",
    "Motion",
    "NearDuplicates",
    "Readability",
    "Sharpness",
    "Subjects",
    "Table",
    "Verdict",
    "withdraw_audit",
]
