"""Names of environments, from the code that tells them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Location
from ticketgen.hcl.address import WORKSPACE
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import (
    Access,
    Attribute,
    Binary,
    Call,
    Expression,
    GetIndex,
    Literal,
    Object,
    Reference,
    Tuple,
)
from ticketgen.hcl.traversal import nested
from ticketgen.rules.resource_names import SUFFIX

__all__ = [
    "KNOWN_NAMES",
    "as_environment_name",
    "contains_environment",
    "environment_of_folder",
    "environment_variables",
    "named_in_code",
]

KNOWN_NAMES: Final = re.compile(
    r"dev(?:elop(?:ment)?)?|test(?:ing)?|qa|uat|int(?:egration)?|perf|load|sandbox|demo|stag(?:e|ing)|pre-?prod(?:uction)?"
    r"|prod(?:uction)?|dr"
)
"""Usual names of environments."""

_VALID: Final = re.compile(r"[a-z](?:-?[a-z0-9])*")
_MAX_NAME: Final = 20
_MAX_NAMES: Final = 30
_MIN_FORM: Final = 3
"""Length of the shortest form of a name, such as dev."""
_WORDS: Final = re.compile(r"[a-z0-9]+")
_ABOVE_ENVIRONMENTS: Final = frozenset(
    {"environments", "environment", "envs", "env", "live", "stages", "stacks", "deployments", "workspaces"}
)


def as_environment_name(text: object) -> str:
    """A text as the name of an environment; "" if it cannot be one."""
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_NAME:
        return ""
    name = text.lower().replace("_", "-")
    return name if _VALID.fullmatch(name) else ""


def environment_of_folder(folder: str) -> str:
    """The environment that the path of a folder names; "" if it names none."""
    parts = folder.split("/") if folder else []
    for above, part in zip(["", *parts], parts, strict=False):
        is_named = KNOWN_NAMES.fullmatch(part.lower()) or (
            above in _ABOVE_ENVIRONMENTS and part not in REGIONS
        )
        if is_named and (name := as_environment_name(part)):
            return name
    return ""


def contains_environment(text: str, environment: str) -> bool:
    """Whether a name contains an environment, also in a usual short or long form (prod, production)."""
    words = _WORDS.findall(text.lower())
    if f"-{environment}-" in f"-{'-'.join(words)}-":
        return True
    return any(
        KNOWN_NAMES.fullmatch(word)
        and len(word) >= _MIN_FORM
        and (environment.startswith(word) or word.startswith(environment))
        for word in words
    )


def environment_variables(module: Module) -> list[str]:
    """The variables of a module that tell environments apart, the likeliest first."""
    found = [name for name in module.variables if SUFFIX.fullmatch(name) and name != "name_prefix"]
    return sorted(found, key=lambda name: ("suffix" in name, name.endswith(("_id", "_type"))))


def named_in_code(configuration: Configuration, budget: Budget) -> dict[str, Location]:
    """Names that the code compares with the environment or workspace, or uses as keys for it, with places."""
    found: dict[str, Location] = {}
    for module in configuration.modules.values():
        for file in module.files:
            for attribute in _attributes(file.body.blocks):
                for expression in nested(attribute.value):
                    if not budget.spend(1) or len(found) >= _MAX_NAMES:
                        return found
                    for name in _names(expression, module):
                        found.setdefault(name, attribute.at(file.path))
    return found


def _attributes(blocks: tuple[object, ...]) -> Iterator[Attribute]:
    for block in blocks:
        for inner in block.walk():  # type: ignore[attr-defined]
            yield from inner.body.attributes


def _names(expression: Expression, module: Module) -> Iterator[str]:
    match expression:
        case Binary(operator="==" | "!=", left=left, right=right):
            for one, other in ((left, right), (right, left)):
                if _is_environment(one):
                    yield from _literals((other,))
        case Call(name="contains", arguments=(Tuple(items=items), value)) if _is_environment(value):
            yield from _literals(items)
        case Call(name="lookup", arguments=(chosen, key, *_)) if _is_environment(key):
            yield from _keys(chosen, module)
        case Reference(steps=(*_, GetIndex(key=key))) if _is_environment(key):
            yield from _keys(
                Reference(expression.line, expression.column, expression.root, expression.steps[:-1]), module
            )
        case Access(operand=operand, steps=(GetIndex(key=key), *_)) if _is_environment(key):
            yield from _keys(operand, module)


def _is_environment(expression: Expression) -> bool:
    """Whether an expression is the name of the environment, or of the workspace."""
    if not isinstance(expression, Reference):
        return False
    address = expression.address
    if address == WORKSPACE:
        return True
    is_named = address.kind in {"var", "local"} and SUFFIX.fullmatch(address.name) is not None
    return is_named and address.name != "name_prefix"


def _literals(items: tuple[Expression, ...]) -> Iterator[str]:
    for item in items:
        name = as_environment_name(item.value) if isinstance(item, Literal) else ""
        if name and name != "default":  # every configuration has the workspace "default"
            yield name


def _keys(expression: Expression, module: Module) -> Iterator[str]:
    """The keys of a map: an object, or a local value or variable that holds one."""
    if isinstance(expression, Reference):
        declared = module.first.get(expression.address)
        if declared is None:
            return
        node = declared.node
        value = node.value if isinstance(node, Attribute) else declared.value("default")
        expression = value if value is not None else expression
    if isinstance(expression, Object):
        for item in expression.items:
            if (
                isinstance(item.key, Literal)
                and (name := as_environment_name(item.key.value))
                and name != "default"
            ):
                yield name
