"""Findings as SARIF 2.1.0, for code scanning and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub reads of it, and what it needs:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from urllib.parse import quote

from ticketgen.findings import Finding, RuleInfo, Severity

__all__ = ["render"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(findings: tuple[Finding, ...], sources: Mapping[str, str], rules: Mapping[str, RuleInfo]) -> str:
    """One run, with the metadata of every rule that found something."""
    from ticketgen.version import VERSION

    found = sorted({finding.rule for finding in findings})
    places = {rule: place for place, rule in enumerate(found)}
    driver = {
        "name": "ticketgen",
        "version": VERSION,
        "semanticVersion": VERSION,
        "rules": [_rule(rule, rules.get(rule)) for rule in found],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.rule], sources) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(id: str, info: RuleInfo | None) -> dict[str, object]:
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
    if info.fix:
        described["help"] = {"text": f"{text} The way out: {info.fix}."}
    return described


def _result(finding: Finding, index: int, sources: Mapping[str, str]) -> dict[str, object]:
    message = f"{finding.message}: {finding.help}" if finding.help else finding.message
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
    }
    place = finding.location
    if place:
        region = {"startLine": place.line, "startColumn": place.column}
        artifact = {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"}
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
        result["partialFingerprints"] = {"ticketgen/v1": _fingerprint(finding, sources)}
    return result


def _fingerprint(finding: Finding, sources: Mapping[str, str]) -> str:
    """The same for the same finding when lines above it come or go."""
    assert finding.location is not None
    lines = sources.get(finding.location.file, "").split("\n")
    line = lines[finding.location.line - 1].strip() if finding.location.line <= len(lines) else ""
    told = "\0".join((finding.rule, finding.location.file, finding.message, line))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
