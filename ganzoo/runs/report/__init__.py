"""A run as one HTML file that needs nothing else: `write_report`. Imports no torch."""

from ganzoo.runs.report.page import write_report

__all__ = ["write_report"]
