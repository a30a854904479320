"""What is wrong with a database, found before anything is trained on it: a file each check."""

from audits.audit import Audit, Auditor, Check, Verdict, withdraw_audit
from audits.confounds import Confounds
from audits.contact_sheet import ContactSheet
from audits.counts import Counts
from audits.evidence import Evidence, Table
from audits.exact_duplicates import ExactDuplicates
from audits.exposure import Exposure
from audits.motion import Motion
from audits.near_duplicates import NearDuplicates
from audits.readability import Readability
from audits.sharpness import Sharpness
from audits.subjects import Subjects

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
