"""Values of expressions: known, unknown, known in part, or a link to a resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from ticketgen.hcl.frozen_records import record

if TYPE_CHECKING:
    from ticketgen.hcl.configuration import Scope
    from ticketgen.hcl.declarations import Declaration
    from ticketgen.hcl.syntax import Template

__all__ = [
    "UNKNOWN", "UNKNOWN_LOOP", "EvaluationContext", "PartialText", "ResourceReference", "Unknown", "Value",
    "is_known",
]  # fmt: skip


class Unknown:
    """A value that the text does not determine, or that is not computed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True, eq=False)
class PartialText(Unknown):
    """A text with unknown parts; `Evaluator.parts` evaluates the other parts.

    Attributes:
        template: a template of texts and interpolations only.
        where: the environment of the template.
    """

    template: Template
    where: EvaluationContext


@dataclass(frozen=True, slots=True)
class ResourceReference:
    """A reference to a resource or data source, or to one of its attributes.

    Attributes:
        scope: the scope that declares the resource.
        resource: the declaration of the resource.
        path: the attributes after the address, without indices.
    """

    scope: Scope
    resource: Declaration
    path: tuple[str, ...] = ()


Value: TypeAlias = (
    "str | int | float | bool | list[Value] | dict[str, Value] | ResourceReference | Unknown | None"
)


@record
class EvaluationContext:
    """A scope and bound names: ``each``, ``count`` and the names of a ``for``."""

    scope: Scope
    bound: Mapping[str, Value] = field(default_factory=dict)

    def binding(self, names: Mapping[str, Value]) -> EvaluationContext:
        """The same environment with more bound names."""
        return EvaluationContext(self.scope, {**self.bound, **names})


UNKNOWN_LOOP: Final[Mapping[str, Value]] = {
    "each": {"key": UNKNOWN, "value": UNKNOWN},
    "count": {"index": UNKNOWN},
}
"""The bound names of a repeated block whose instances are unknown."""


def is_known(value: object) -> bool:
    """Whether a value and all of its elements are known; a link to a resource is not."""
    if isinstance(value, list):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return value is None or isinstance(value, str | int | float)
