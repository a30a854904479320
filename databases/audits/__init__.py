"""Tests a database before anything is trained on it."""

from posed_spontaneous.databases.audits.audit import Audit, Auditor, Verdict, withdraw_audit
from posed_spontaneous.databases.audits.check import Check, CheckTable
from posed_spontaneous.databases.audits.evidence import Evidence

__all__ = ["Audit", "Auditor", "Check", "CheckTable", "Evidence", "Verdict", "withdraw_audit"]
