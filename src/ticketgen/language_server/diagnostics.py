"""Findings as diagnostics, and the actions that an editor offers for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from lsprotocol import types

from ticketgen.findings import Finding, Severity, TextEdit
from ticketgen.language_server.protocol_ranges import edit_range, finding_range

__all__ = ["as_text_edits", "diagnostic", "fix_action", "ignore_action"]

_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}


def diagnostic(finding: Finding, lines: list[str]) -> types.Diagnostic:
    """A finding in a document with these lines."""
    message = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    return types.Diagnostic(
        finding_range(finding, lines),
        message,
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        source="ticketgen",
    )


def as_text_edits(edits: Iterable[TextEdit], lines: list[str]) -> list[types.TextEdit]:
    """Edits of a document with these lines."""
    return [types.TextEdit(edit_range(edit, lines), edit.new) for edit in edits]


def fix_action(
    finding: Finding, lines: list[str], text_of: Callable[[Path], str], uri_of: Callable[[Path], str]
) -> types.CodeAction:
    """Make the edits of a finding.

    Args:
        finding: with edits.
        lines: those of its document.
        text_of: returns the text of a document.
        uri_of: returns its URI.
    """
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in finding.edits:
        own = text_of(Path(edit.at.file)).split("\n")
        changes.setdefault(uri_of(Path(edit.at.file)), []).extend(as_text_edits([edit], own))
    first = finding.edits[0]
    old, new = first.old.strip(), first.new.strip()
    title = f"Replace {old} with {new}" if old and new else f"Insert {new}" if new else f"Remove {old}"
    return types.CodeAction(
        title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, lines)],
        edit=types.WorkspaceEdit(changes=changes),
        is_preferred=True,
    )


def ignore_action(uri: str, finding: Finding, lines: list[str]) -> types.CodeAction:
    """Insert a comment that ignores a finding; the user writes the reason."""
    assert finding.location is not None
    line = finding.location.line - 1
    text = lines[line] if line < len(lines) else ""
    indent = text[: len(text) - len(text.lstrip())]
    start = types.Position(line, 0)
    comment = f"{indent}# ticketgen:ignore {finding.rule} because …\n"
    return types.CodeAction(
        f"Ignore {finding.rule} here, with a reason",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, lines)],
        edit=types.WorkspaceEdit(changes={uri: [types.TextEdit(types.Range(start, start), comment)]}),
    )
