"""Pages about rules in Markdown, for ``docs/rules`` and ``ticketgen rules RULE``."""

from __future__ import annotations

from ticketgen.findings import RuleInfo

__all__ = ["CANNOT_BE_IGNORED", "NEVER_IGNORED", "UNCHECKED", "page"]

NEVER_IGNORED = frozenset({"syntax", "unreadable", "round-trip"})
"""Findings that stop other checks of a file: no comment and no option hides them."""

UNCHECKED = frozenset({
    "module-not-checked", "not-checked", "round-trip", "schema-not-checked", "value-not-checked",
})  # fmt: skip
"""Findings that something was not checked, or not reliably. ``--strict`` makes them errors."""

CANNOT_BE_IGNORED = (
    NEVER_IGNORED
    | UNCHECKED
    | {"hidden-characters", "ignore-without-reason", "ignore-unknown-rule", "ignore-unused"}
)
"""Findings that no comment hides: those, those about the comments themselves, and one about what comments can hide."""


def page(info: RuleInfo) -> str:
    """The page of one rule, with a newline at its end."""
    parts = [f"# {info.id}", f"Requirement: {info.summary}.", f"Severity: {info.severity.value}."]
    if info.why:
        parts += ["## Why it matters", info.why]
    if info.fix:
        parts += ["## How to fix it", f"{info.fix[0].upper()}{info.fix[1:]}."]
    parts.append("## How to ignore one finding")
    if info.id in CANNOT_BE_IGNORED:
        parts.append("Not possible: fix it instead.")
    else:
        parts += [
            "If the code is right as it is, give the reason in a comment at the end of the line, or on its own line "
            "above it:",
            f"    # ticketgen:ignore {info.id} because …",
        ]
    if info.sources:
        parts += ["## Sources", "\n".join(f"- {source}" for source in info.sources)]
    return "\n\n".join(parts) + "\n"
