"""Find patched files that cannot be parsed, except Terraform, which the verification parses."""

from __future__ import annotations

import json

from ticketgen.findings import Finding, Location
from ticketgen.findings.kept_edits import PATCHED_FILE_INVALID
from ticketgen.rules.python_text import parse_python

__all__ = ["syntax_error"]


def syntax_error(path: str, text: str) -> Finding | None:
    """The finding about a Python or JSON file that cannot be parsed; None for other files.

    Args:
        path: the path of the file, below the project's folder.
        text: the patched text. A text that exceeds the limits of the parsers counts as valid.
    """
    if path.endswith(".py"):
        parsed = parse_python(text)
        if isinstance(parsed, SyntaxError):
            return _found(path, "Python", parsed.msg or str(parsed), parsed.lineno or 1, parsed.offset or 1)
    elif path.endswith(".json"):
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            return _found(path, "JSON", error.msg, error.lineno, error.colno)
        except (ValueError, RecursionError):  # a number too long or a nesting too deep for Python's parsers
            return None
    return None


def _found(path: str, language: str, reason: str, line: int, column: int) -> Finding:
    at = Location(path, max(1, line), max(1, column))
    return PATCHED_FILE_INVALID.found(f"with its edit, the file is not valid {language}: {reason}", at=at)
