"""Expressions in the syntax of Terraform 0.11, each with the edit to today's syntax.

Sources: https://developer.hashicorp.com/terraform/language/v1.1.x/upgrade-guides/0-12 and
https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/spec.md#legacy-index
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ticketgen.findings import Finding, TextEdit
from ticketgen.findings.verification import LEGACY_SYNTAX
from ticketgen.hcl.plain_texts import plain_reference
from ticketgen.hcl.syntax import (
    Access,
    Expression,
    File,
    GetIndex,
    Interpolation,
    Literal,
    Object,
    Reference,
    Template,
)
from ticketgen.hcl.traversal import nested

__all__ = ["check_legacy_syntax"]


def check_legacy_syntax(files: Mapping[str, File], lines: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Yield one finding for each reference that is a string, and for each index after a dot.

    Args:
        files: by path.
        lines: those of each file.
    """
    for path, file in files.items():
        for attribute in file.attributes():
            if isinstance(attribute.value, Literal):
                continue
            inside = list(nested(attribute.value))
            # In a key, the string is not the same as the expression.
            keys = {id(item.key) for each in inside if isinstance(each, Object) for item in each.items}
            for each in inside:
                if id(each) not in keys:
                    yield from _lone_interpolation(path, each)
                yield from _indexes(path, lines[path], each)


def _lone_interpolation(path: str, value: Expression) -> Iterator[Finding]:
    if not isinstance(value, Template) or value.heredoc or len(value.parts) != 1:
        return
    part = value.parts[0]
    written = plain_reference(part.expression) if isinstance(part, Interpolation) else ""
    if written:
        message, at = f'"${{{written}}}" is a string around a single expression', value.at(path)
        edits = (TextEdit(at, f'"${{ {written} }}"', written),)
        yield LEGACY_SYNTAX.found(message, f"write {written}", at=at, edits=edits)


def _indexes(path: str, lines: Sequence[str], value: Expression) -> Iterator[Finding]:
    for step in value.steps if isinstance(value, Reference | Access) else ():
        key = step.key if isinstance(step, GetIndex) else None
        if isinstance(key, Literal) and lines[step.line - 1].startswith(f".{key.value}", step.column - 1):
            message, at = f"the index {key.value} follows a dot", step.at(path)
            edits = (TextEdit(at, f".{key.value}", f"[{key.value}]"),)
            yield LEGACY_SYNTAX.found(message, f"write [{key.value}]", at=at, edits=edits)
