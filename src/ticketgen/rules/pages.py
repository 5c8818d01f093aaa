"""What there is to say of a rule, as Markdown: for ``docs/rules`` and for ``ticketgen rules RULE``."""

from __future__ import annotations

from ticketgen.findings import RuleInfo

__all__ = ["page"]


def page(info: RuleInfo) -> str:
    """One rule's page, with a newline at its end."""
    parts = [f"# {info.id}", f"{info.summary}. Severity: {info.severity.value}."]
    if info.why:
        parts += ["## Why", info.why]
    if info.fix:
        parts += ["## How to fix it", f"{info.fix[0].upper()}{info.fix[1:]}."]
    parts += [
        "## How to ignore it",
        "Where it is meant, say why, at the end of the line or above it:",
        f"    # ticketgen:ignore {info.id} because …",
    ]
    if info.sources:
        parts += ["## Sources", "\n".join(f"- {source}" for source in info.sources)]
    return "\n\n".join(parts) + "\n"
