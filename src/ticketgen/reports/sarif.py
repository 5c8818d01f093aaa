"""Findings as SARIF 2.1.0, for code scanning and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub reads, and what it requires:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from ticketgen.escaping import as_json, as_uri
from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.reports.line_fingerprints import line_fingerprints
from ticketgen.reports.report import Style, lines_of

__all__ = ["render"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
"""The bracket that begins a link in a message; section 3.11.6 escapes it."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(
    findings: tuple[Finding, ...], sources: Mapping[str, str], kinds: Mapping[str, FindingKind], style: Style
) -> str:
    """One run, with the metadata of every kind that has findings."""
    from ticketgen.version import VERSION

    found = sorted({finding.rule for finding in findings})
    places = {rule: place for place, rule in enumerate(found)}
    driver = {
        "name": "ticketgen",
        "version": VERSION,
        "semanticVersion": VERSION,
        "rules": [_rule(rule, kinds.get(rule)) for rule in found],
    }
    # Section 3.14.14: the folder that a relative URI begins in, with a slash at its end. GitHub resolves relative
    # URIs in the repository; an editor on this machine needs this folder.
    base = (
        {"uri": f"{as_uri(style.base.rstrip('/'))}/" if style.base != "/" else "file:///"}
        if style.base
        else {}
    )
    bases = {_BASE: {**base, "description": {"text": "The folder to which file names are relative."}}}
    run: dict[str, object] = {
        "tool": {"driver": driver},
        "originalUriBaseIds": bases,
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.rule], sources) for finding in findings],
    }
    return as_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(id: str, info: FindingKind | None) -> dict[str, object]:
    if info is None:
        return {"id": id}
    text = " ".join(
        f"{each}." if not each.endswith(".") else each for each in (info.summary, info.why) if each
    )
    described: dict[str, object] = {
        "id": id,
        "shortDescription": {"text": f"{info.summary}."},
        "fullDescription": {"text": text},
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
    }
    help = f"{text} To fix it: {info.fix}." if info.fix else text
    more = "".join(f"\n- <{source}>" for source in info.sources)
    described["help"] = {"text": help, "markdown": f"{help}\n{more}" if more else help}
    if info.sources:
        described["helpUri"] = info.sources[0]
    described["properties"] = {"tags": ["terraform"], "precision": "high"}
    return described


def _result(finding: Finding, index: int, sources: Mapping[str, str]) -> dict[str, object]:
    message = f"{finding.message}: {finding.help}" if finding.help else finding.message
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _LINK.sub(r"\\[", message)},
    }
    place = finding.location
    if place:
        region = {"startLine": place.line, "startColumn": place.column}
        artifact = _artifact(place.file)
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
        result["partialFingerprints"] = _fingerprints(finding, sources)
    else:
        # GitHub shows no result without a place, and no file is this one's.
        result["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(".")}}]
    if finding.edits:
        result["fixes"] = [_fix(finding)]
    return result


def _fix(finding: Finding) -> dict[str, object]:
    """Section 3.55: the edits of a finding, as one fix."""
    changes: dict[str, list[dict[str, object]]] = {}
    for edit in finding.edits:
        lines = edit.old.split("\n")
        last = edit.at.column if len(lines) == 1 else 1
        region = {
            "startLine": edit.at.line,
            "startColumn": edit.at.column,
            "endLine": edit.at.line + len(lines) - 1,
            "endColumn": last + len(lines[-1]),
        }
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.new}}
        changes.setdefault(edit.at.file, []).append(replacement)
    return {
        "description": {"text": _LINK.sub(r"\\[", finding.help or finding.message)},
        "artifactChanges": [
            {"artifactLocation": _artifact(file), "replacements": made} for file, made in changes.items()
        ],
    }


def _artifact(file: str) -> dict[str, str]:
    """Section 3.4: a relative reference has a base, an absolute URI has none."""
    if file.startswith("/"):
        return {"uri": as_uri(file)}
    return {"uri": as_uri(file), "uriBaseId": _BASE}


def _fingerprints(finding: Finding, sources: Mapping[str, str]) -> dict[str, str]:
    """Fingerprints that stay the same when lines above the finding are added or removed.

    GitHub uses the first one, and computes it itself only in an upload that has the sources.
    """
    assert finding.location is not None
    text = sources.get(finding.location.file)
    own = {"ticketgen/v1": _fingerprint(finding, sources)}
    if text is None:
        return own
    lines = line_fingerprints(text)
    return {"primaryLocationLineHash": lines[min(finding.location.line, len(lines)) - 1], **own}


def _fingerprint(finding: Finding, sources: Mapping[str, str]) -> str:
    assert finding.location is not None
    lines = lines_of(sources.get(finding.location.file, ""))
    line = lines[finding.location.line - 1].strip() if finding.location.line <= len(lines) else ""
    identity = "\0".join((finding.rule, finding.location.file, finding.message, line))
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
