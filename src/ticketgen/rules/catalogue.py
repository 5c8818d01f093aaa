"""All kinds of findings of `ticketgen validate`, by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ticketgen.findings import FindingKind
from ticketgen.findings.verification import (
    IGNORE_UNKNOWN_RULE,
    IGNORE_UNUSED,
    IGNORE_WITHOUT_REASON,
    LEVELS,
    NEVER_IGNORED,
    UNCHECKED,
)
from ticketgen.hidden_characters import HIDDEN_CHARACTERS
from ticketgen.rules.registry import RULES

__all__ = ["CANNOT_BE_IGNORED", "CATALOGUE"]

CATALOGUE: Mapping[str, FindingKind] = MappingProxyType(
    {each.id: each for group in (RULES, *LEVELS.values()) for each in group}
)

CANNOT_BE_IGNORED = (
    NEVER_IGNORED
    | UNCHECKED
    | {HIDDEN_CHARACTERS.id, IGNORE_WITHOUT_REASON.id, IGNORE_UNKNOWN_RULE.id, IGNORE_UNUSED.id}
)
"""Findings that no comment can suppress, including those about the comments and about hidden characters."""
