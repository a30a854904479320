"""A report in its forms: one page to read, and files of each table and picture to reuse."""

from posed_spontaneous.reports.writing.report_folder import refuse_foreign, write_report

__all__ = ["refuse_foreign", "write_report"]
