"""Addresses that Terraform reads without evaluating them, such as those in ``moved`` and ``depends_on``.

Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/addrs/parse_target.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ticketgen.hcl.syntax import Access, Expression, GetAttribute, GetIndex, Literal, Reference, Step

__all__ = ["Endpoint", "InvalidAddress", "endpoint", "is_name", "static_reference", "without_keys"]

_MAX_LENGTH: Final = 1000
"""Limit of characters in a quoted address; a longer one counts as invalid."""
_STEP: Final = re.compile(r'\.([^\W\d][\w-]*+)|\.(\d++)|\[(\d++)\]|\["([^"\\$%]*+)"\]')
_ROOT: Final = re.compile(r"[^\W\d][\w-]*+")
_MODES: Final = {"data": "data", "ephemeral": "ephemeral", "resource": "resource"}
# The same list as in parse_target.go
_RESERVED: Final = frozenset({
    "count", "each", "local", "module", "path", "self", "terraform", "var", "template", "lazy", "arg",
})  # fmt: skip


class InvalidAddress(ValueError):
    """Terraform cannot read an address; the text says what is wrong with it, without the address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a module, a resource, or an instance of either.

    Attributes:
        modules: the names of the modules on the path.
        keys: the instance key of each of them; None for none.
        kind: ``resource``, ``data`` or ``ephemeral``; "" if the address ends with a module.
        type: the type of the resource.
        name: the name of the resource.
        key: its instance key; None for none.
    """

    modules: tuple[str, ...]
    keys: tuple[str | int | None, ...]
    kind: str = ""
    type: str = ""
    name: str = ""
    key: str | int | None = None

    @property
    def has_keys(self) -> bool:
        """Whether any part of it has an instance key."""
        return self.key is not None or any(key is not None for key in self.keys)

    @property
    def is_instance(self) -> bool:
        """Whether it has an instance key at its end."""
        return self.key is not None or (not self.kind and self.keys[-1] is not None)

    def __str__(self) -> str:
        parts = [f"module.{name}{_written(key)}" for name, key in zip(self.modules, self.keys, strict=True)]
        if self.kind:
            prefix = "" if self.kind == "resource" else f"{self.kind}."
            parts.append(f"{prefix}{self.type}.{self.name}{_written(self.key)}")
        return ".".join(parts)


def _written(key: str | int | None) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def is_name(text: str) -> bool:
    """Whether a text is an identifier of HCL.

    Source: https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers
    """
    return not text.startswith("-") and text.replace("-", "_").isidentifier()


def static_reference(value: Expression, *, quoted: bool = True) -> Reference | None:
    """A reference with constant keys only; None if the expression is anything else.

    Args:
        value: the expression.
        quoted: whether a string counts as the reference that it contains, as in Terraform 0.11.
    """
    if isinstance(value, Reference):
        return value if all(_is_constant(step) for step in value.steps) else None
    if quoted and isinstance(value, Literal) and isinstance(value.value, str):
        return _parsed(value, value.value)
    return None


def _is_constant(step: Step) -> bool:
    return isinstance(step, GetAttribute) or (
        isinstance(step, GetIndex)
        and isinstance(step.key, Literal)
        and isinstance(step.key.value, str | int | float)
        and not isinstance(step.key.value, bool)
    )


def _parsed(value: Literal, text: str) -> Reference | None:
    root = _ROOT.match(text) if len(text) <= _MAX_LENGTH else None
    if root is None:
        return None
    steps: list[Step] = []
    end = root.end()
    while end < len(text):
        step = _STEP.match(text, end)
        if step is None:
            return None
        end = step.end()
        if step[1]:
            steps.append(GetAttribute(value.line, value.column, step[1]))
        else:
            number = step[2] or step[3]
            key = Literal(value.line, value.column, int(number[:18]) if number else step[4])
            steps.append(GetIndex(value.line, value.column, key))
    return Reference(value.line, value.column, root[0], tuple(steps))


def without_keys(value: Expression) -> Reference | None:
    """The reference in an ``import``'s ``to``, whose keys may be any expressions, without them.

    Each key becomes `None` in the index; None if the expression is not such a reference.
    """
    if isinstance(value, Access):
        return None
    if not isinstance(value, Reference):
        return None
    blank = Literal(value.line, value.column, "")
    return Reference(
        value.line,
        value.column,
        value.root,
        tuple(
            GetIndex(step.line, step.column, blank) if isinstance(step, GetIndex) else step
            for step in value.steps
        ),
    )


def endpoint(reference: Reference) -> Endpoint:
    """The object that a reference addresses.

    Raises:
        InvalidAddress: it addresses neither a module nor a resource, nor an instance of either.
    """
    waiting: list[Step] = [
        GetAttribute(reference.line, reference.column, reference.root),
        *reference.steps,
    ]
    waiting.reverse()
    modules: list[str] = []
    keys: list[str | int | None] = []
    while waiting and _name(waiting[-1]) == "module":
        waiting.pop()
        name = _name(waiting.pop()) if waiting else ""
        if not name:
            raise InvalidAddress("the name of a module must follow module")
        modules.append(name)
        keys.append(_take_key(waiting))
    if not waiting:
        return Endpoint(tuple(modules), tuple(keys))
    kind = _MODES.get(_name(waiting[-1]), "")
    if kind:
        waiting.pop()
    elif _name(waiting[-1]) in _RESERVED:
        raise InvalidAddress(f"{_name(waiting[-1])} is not a type of resource")
    type = _name(waiting.pop()) if waiting else ""
    name = _name(waiting.pop()) if waiting else ""
    if not type or not name:
        raise InvalidAddress("it lacks the type or the name of a resource")
    key = _take_key(waiting)
    if waiting:
        raise InvalidAddress("something follows the name of the resource")
    return Endpoint(tuple(modules), tuple(keys), kind or "resource", type, name, key)


def _name(step: Step) -> str:
    return step.name if isinstance(step, GetAttribute) else ""


def _take_key(waiting: list[Step]) -> str | int | None:
    if not waiting or not isinstance(waiting[-1], GetIndex):
        return None
    step = waiting.pop()
    assert isinstance(step, GetIndex)
    value = step.key.value if isinstance(step.key, Literal) else ""
    if isinstance(value, float):
        raise InvalidAddress("an instance key must be a whole number or a string")
    return value if isinstance(value, int) else str(value)
