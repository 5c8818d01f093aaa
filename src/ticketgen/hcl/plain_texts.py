"""The texts of simple expressions, for edits that replace them. The model has no ends of expressions."""

from __future__ import annotations

from ticketgen.hcl.syntax import Expression, GetAttribute, Literal, Reference, Tuple

__all__ = ["plain_reference", "plain_text"]

_SPECIAL = frozenset('"\\$%[],\n\r\t')


def plain_reference(value: Expression) -> str:
    """The text of a reference that has names and dots only; "" for any other expression."""
    if not isinstance(value, Reference):
        return ""
    names = [step.name for step in value.steps if isinstance(step, GetAttribute)]
    return ".".join([value.root, *names]) if len(names) == len(value.steps) else ""


def plain_text(value: Expression) -> str:
    """The text of such a reference, or of a list of strings without escapes; "" for any other expression.

    A blank stands where the written list may have blanks.
    """
    if not isinstance(value, Tuple) or not value.items:
        return plain_reference(value)
    texts = [item.value for item in value.items if isinstance(item, Literal) and isinstance(item.value, str)]
    if len(texts) < len(value.items) or any(set(text) & _SPECIAL for text in texts):
        return ""
    inside = " , ".join(f'"{text}"' for text in texts)
    return f"[ {inside} ]"
