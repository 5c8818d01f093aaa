"""Conditions about the arguments of a block, from which facts about AWS are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ticketgen.findings import Severity
from ticketgen.hcl.values import Value, is_known
from ticketgen.rules.subject import BlockInstance

__all__ = [
    "SettingCondition",
    "SettingFact",
    "equals",
    "exceeds",
    "is_set",
    "is_unset",
    "lacks_blocks",
    "matches",
    "misses",
    "outside",
]

SettingCondition: TypeAlias = Callable[[BlockInstance], bool]
"""Whether something surely holds of a block; False if that is unknown."""
_MAX_CHARACTERS = 2048
"""Longer texts are not matched."""


@dataclass(frozen=True, slots=True)
class SettingFact:
    """Settings that AWS or the provider rejects together.

    Attributes:
        type: of the resource; a path of nested blocks may follow, joined by dots.
        conditions: what must hold, all together.
        at: the argument that the finding is about.
        message: what is wrong, as a sentence; ``{at}`` stands for the value of the argument.
        help: the fix.
        source: where that is documented.
        severity: a warning where AWS accepts it.
    """

    type: str
    conditions: Sequence[SettingCondition]
    at: str
    message: str
    help: str
    source: str
    severity: Severity = Severity.ERROR


def is_set(*names: str) -> SettingCondition:
    """Each argument has a known value that the provider passes on, or each block is there.

    It takes an empty text or list, 0 and false for arguments that are not set.
    Source: ``GetOk`` in https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/schema/resource_data.go
    """
    return lambda found: all(bool(_known(found, name)) or found.nested_blocks(name) for name in names)


def is_unset(*names: str) -> SettingCondition:
    """None of the arguments and blocks is there, or it is null."""

    def holds(found: BlockInstance) -> bool:
        return not any(found.loops(name) for name in names) and all(
            not found.has(name) or (found.expression(name) is not None and found.value(name) is None)
            for name in names
        )

    return holds


def equals(name: str, *values: Value) -> SettingCondition:
    """The argument is one of these values."""
    return lambda found: any(_known(found, name) == each for each in values) and found.has(name)


def outside(name: str, *values: Value) -> SettingCondition:
    """The argument is known, and none of these values."""

    def holds(found: BlockInstance) -> bool:
        value = _known(found, name)
        return value is not None and value not in values

    return holds


def matches(name: str, pattern: str) -> SettingCondition:
    """The argument is a text that a pattern matches somewhere."""
    compiled = re.compile(pattern)

    def holds(found: BlockInstance) -> bool:
        value = _text(found, name)
        return value is not None and len(value) <= _MAX_CHARACTERS and bool(compiled.search(value))

    return holds


def misses(name: str, pattern: str) -> SettingCondition:
    """The argument is a text, not empty, that a pattern matches nowhere."""
    compiled = re.compile(pattern)

    def holds(found: BlockInstance) -> bool:
        value = _text(found, name)
        return value is not None and 0 < len(value) <= _MAX_CHARACTERS and not compiled.search(value)

    return holds


def exceeds(name: str, limit: str | float, *, equal: bool = False) -> SettingCondition:
    """The argument is a number that is greater than a limit or another argument, or as great."""

    def holds(found: BlockInstance) -> bool:
        value = _number(found, name)
        other = _number(found, limit) if isinstance(limit, str) else limit
        return value is not None and other is not None and (value > other or (equal and value == other))

    return holds


def lacks_blocks(*types: str) -> SettingCondition:
    """There are no nested blocks of these types, and no loops for them."""
    return lambda found: not any(found.has(type) or found.loops(type) for type in types)


def _known(found: BlockInstance, name: str) -> Value:
    value = found.value(name)
    return value if is_known(value) else None


def _text(found: BlockInstance, name: str) -> str | None:
    """A text, or a whole number, which Terraform makes one."""
    value = _known(found, name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else None


def _number(found: BlockInstance, name: str) -> float | None:
    value = _known(found, name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
