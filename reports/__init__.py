"""Tables and figures for a reader, from stored predictions only."""

from reports.figure import draw_errors
from reports.rendering import readable_rows, write_table
from reports.table1 import Table, build_table

__all__ = ["Table", "build_table", "draw_errors", "readable_rows", "write_table"]
