"""A report as one page to read, and as files of each table and picture to reuse."""

from posed_spontaneous.reports.writing.report_folder import refuse_foreign, write_report

__all__ = ["refuse_foreign", "write_report"]
