"""Report a finding of several environments once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ticketgen.findings import Finding
from ticketgen.wording import join_words

__all__ = ["group_findings"]


def group_findings(found: Iterable[tuple[str, Iterable[Finding]]]) -> tuple[Finding, ...]:
    """Merge the same finding of several environments into one that names them all.

    Args:
        found: the name of each environment and the findings of `sizing.size` for it.
    """
    names: dict[Finding, list[str]] = {}
    for name, findings in found:
        for finding in findings:
            unprefixed = replace(finding, message=finding.message.removeprefix(f"{name}: "))
            names.setdefault(unprefixed, []).append(name)
    return tuple(
        replace(finding, message=f"{join_words(environments)}: {finding.message}")
        for finding, environments in names.items()
    )
