"""Stage 7, report: findings become text for people, or JSON, SARIF, JUnit or GitHub's annotations for programs.

One module a format, each with one function that takes findings and returns text. Nothing here prints, and nothing
here decides what is wrong: order, severity and place are the findings' own.
"""

from __future__ import annotations

from ticketgen.reports.report import FORMATS, report

__all__ = ["FORMATS", "report"]
