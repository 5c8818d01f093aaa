"""Type constraints of variables.

Source: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ticketgen.hcl.plain_texts import plain_reference
from ticketgen.hcl.syntax import Call, Expression, Literal, Object, Reference, Tuple
from ticketgen.misspellings import meant_name
from ticketgen.type_checking.call_types import WITHOUT_ELEMENTS

__all__ = ["corrected_type", "optional_defaults", "type_faults"]

_PRIMITIVE: Final = frozenset({"string", "number", "bool", "any"})
_COLLECTIONS: Final = frozenset({"list", "set", "map"})
_WITHOUT_QUOTES: Final = "write the type without quotes, such as list(string)"
_KNOWN: Final = "write string, number, bool, any, list(…), set(…), map(…), object({ … }) or tuple([…])"


_CONSTRUCTORS: Final = _COLLECTIONS | {"object", "tuple", "optional"}
# https://github.com/hashicorp/terraform/blob/v1.11.0/internal/command/fmt.go
_LEGACY: Final = {"list": "list(string)", "map": "map(string)"}
_WRITTEN: Final = re.compile(
    rf"(?:(?:{'|'.join(sorted(_COLLECTIONS))})\(){{0,3}}(?:{'|'.join(sorted(_PRIMITIVE))})\){{0,3}}"
)
"""A simple type, as it may stand in quotes by mistake."""


def type_faults(type: Expression) -> Iterator[tuple[Expression, str, str]]:
    """What is wrong with a type constraint: where, what, and the fix."""
    if isinstance(type, Literal) and isinstance(type.value, str):
        yield type, "the type is a string", _WITHOUT_QUOTES
    elif not (isinstance(type, Reference) and not type.steps and type.root in WITHOUT_ELEMENTS):
        yield from _faults(type)


def _faults(type: Expression) -> Iterator[tuple[Expression, str, str]]:
    match type:
        case Reference(root=name, steps=()) if name in _PRIMITIVE:
            return
        case Reference(root=name, steps=()) if name in _COLLECTIONS:
            yield (
                type,
                f"the type {name} lacks the type of its elements",
                f"write {name}(string), for example",
            )
        case Reference(root="object", steps=()):
            yield type, "the type object lacks its attributes", "write object({ name = string }), for example"
        case Reference(root="tuple", steps=()):
            yield type, "the type tuple lacks the types of its elements", "write tuple([string]), for example"
        case Call(name=name, arguments=(element,), expand=False) if name in _COLLECTIONS:
            yield from _faults(element)
        case Call(name=name) if name in _COLLECTIONS:
            yield type, f"the type {name}(…) needs exactly one type", f"write {name}(string), for example"
        case Call(name="object", arguments=(Object(items=items),), expand=False):
            names: set[object] = set()
            for item in items:
                if not isinstance(item.key, Literal) or not isinstance(item.key.value, str):
                    yield (
                        item.key,
                        "the name of an attribute in object({ … }) is not constant",
                        "write a name",
                    )
                elif item.key.value in names:
                    yield (
                        item.key,
                        f"the attribute {item.key.value} is declared twice",
                        "remove one of the two",
                    )
                else:
                    names.add(item.key.value)
                yield from _attribute_faults(item.value)
        case Call(name="object"):
            yield (
                type,
                "object(…) needs its attributes in braces",
                "write object({ name = string }), for example",
            )
        case Call(name="tuple", arguments=(Tuple(items=elements),), expand=False):
            for element in elements:
                yield from _faults(element)
        case Call(name="tuple"):
            yield (
                type,
                "tuple(…) needs the types of its elements in brackets",
                "write tuple([string]), for example",
            )
        case Call(name="optional"):
            yield type, "optional(…) is outside the attributes of object({ … })", "remove optional(…)"
        case Call(name=name) if name in _PRIMITIVE:
            yield type, f"the type {name} takes no arguments", f"write {name}"
        case _:
            yield type, f"{plain_reference(type) or 'this'} is not a type", _KNOWN


def corrected_type(type: Expression) -> tuple[str, str] | None:
    """The written and the obvious text of an invalid part of a type constraint; None if there is no such text.

    A part in quotes is written without them, and a misspelled name of a type as the name.
    """
    if isinstance(type, Literal) and isinstance(type.value, str):
        text = type.value.strip()
        if text in _LEGACY:
            return f'"{type.value}"', _LEGACY[text]
        return (f'"{type.value}"', text) if _WRITTEN.fullmatch(text) else None
    name = type.root if isinstance(type, Reference) and not type.steps else ""
    if isinstance(type, Call):
        name = type.name
    meant = meant_name(name, _CONSTRUCTORS if isinstance(type, Call) else _PRIMITIVE)
    return (name, meant) if meant else None


def _attribute_faults(type: Expression) -> Iterator[tuple[Expression, str, str]]:
    if not isinstance(type, Call) or type.name != "optional":
        yield from _faults(type)
    elif not 1 <= len(type.arguments) <= 2 or type.expand:
        yield type, "optional(…) needs a type, and takes one default", "write optional(string), for example"
    else:
        yield from _faults(type.arguments[0])


def optional_defaults(type: Expression) -> Iterator[Expression]:
    """The defaults in the ``optional(TYPE, DEFAULT)`` of a type constraint, at any depth."""
    waiting = [type]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Call):
            if current.name == "optional":
                yield from current.arguments[1:2]
                waiting += current.arguments[:1]
            else:
                waiting += current.arguments
        elif isinstance(current, Object):
            waiting += (item.value for item in current.items)
        elif isinstance(current, Tuple):
            waiting += current.items
