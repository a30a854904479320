"""Tests a database before anything is trained on it. Each check has a module."""

from posed_spontaneous.databases.audits.audit import Audit, Auditor, Verdict, withdraw_audit
from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.confounds import Confounds
from posed_spontaneous.databases.audits.contact_sheet import ContactSheet
from posed_spontaneous.databases.audits.counts import Counts
from posed_spontaneous.databases.audits.evidence import Evidence
from posed_spontaneous.databases.audits.exact_duplicates import ExactDuplicates
from posed_spontaneous.databases.audits.exposure import Exposure
from posed_spontaneous.databases.audits.near_duplicates import NearDuplicates
from posed_spontaneous.databases.audits.pair_difference import PairDifference
from posed_spontaneous.databases.audits.readability import Readability
from posed_spontaneous.databases.audits.sharpness import Sharpness
from posed_spontaneous.databases.audits.subjects import Subjects

__all__ = [
    "Audit",
    "Auditor",
    "Check",
    "CheckTable",
    "Confounds",
    "ContactSheet",
    "Counts",
    "Evidence",
    "ExactDuplicates",
    "Exposure",
    "NearDuplicates",
    "PairDifference",
    "Readability",
    "Sharpness",
    "Subjects",
    "Verdict",
    "withdraw_audit",
]
