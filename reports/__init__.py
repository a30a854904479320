"""Reports from stored runs: their content in sections, its format in writing."""

from posed_spontaneous.reports.section import Chapter, Picture, Section, Table
from posed_spontaneous.reports.study import Study

__all__ = ["Chapter", "Picture", "Section", "Study", "Table"]
