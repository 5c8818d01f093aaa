"""Markdown pages about findings, for ``docs/rules`` and ``ticketgen rules ID``."""

from __future__ import annotations

from ticketgen.findings import FindingKind, Severity
from ticketgen.findings.verification import STACK_RULES
from ticketgen.rules.catalogue import CANNOT_BE_IGNORED, CATALOGUE
from ticketgen.rules.rule import Rule

__all__ = ["page"]


def page(kind: FindingKind) -> str:
    """The page about one kind of finding, with a newline at the end."""
    parts = [f"# {kind.id}", f"Requirement: {kind.summary}.", f"Severity: {kind.severity.value}."]
    if isinstance(kind, Rule) and kind.severity_in(rendered=False) is not kind.severity:
        parts.append(
            "In Terraform that ticketgen did not render, it is a warning, because code that the rule does not know may "
            "make it right."
        )
    elif (
        isinstance(kind, Rule)
        and kind.severity is Severity.ERROR
        and not kind.graded
        and kind.id not in STACK_RULES
    ):
        parts.append(
            "In Terraform that ticketgen did not render, it is a warning where only the defaults of variables break it."
        )
    if kind.id in STACK_RULES:
        parts.append(
            "Applies to stacks that ticketgen rendered, and to other Terraform only if you ask for it with "
            "`--stack-rules`, with `stack-rules = true` in `ticketgen.toml`, or by selecting the rule."
        )
    parts += ["## Why it matters", kind.why]
    parts += ["## How to fix it", f"{kind.fix[0].upper()}{kind.fix[1:]}."]
    if kind.id in CATALOGUE:
        parts.append("## How to ignore one finding")
        if kind.id in CANNOT_BE_IGNORED:
            parts.append("Not possible: fix it instead.")
        else:
            parts += [
                "If the code is right as it is, give the reason in a comment at the end of the line, or on its own "
                "line above it:",
                f"    # ticketgen:ignore {kind.id} because …",
            ]
    if kind.sources:
        parts += ["## Sources", "\n".join(f"- {source}" for source in kind.sources)]
    return "\n\n".join(parts) + "\n"
