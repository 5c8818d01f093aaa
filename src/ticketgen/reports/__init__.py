"""Stage 7, report: findings become text for people, or JSON, SARIF, JUnit or GitHub's annotations for programs.

One module for each format, with one function that takes findings and returns text. Nothing here prints or judges:
order, severity and place come from the findings.
"""

from __future__ import annotations

from ticketgen.reports.report import FORMATS, Style, report

__all__ = ["FORMATS", "Style", "report"]
