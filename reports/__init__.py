"""A report for a reader, from stored runs only: content in sections, form in writing."""

from posed_spontaneous.reports.section import Chapter, Picture, Section, Table
from posed_spontaneous.reports.study import Study

__all__ = ["Chapter", "Picture", "Section", "Study", "Table"]
