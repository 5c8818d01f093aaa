"""The types of Terraform's values, and which of them convert to another.

A type has the JSON form of Terraform and of the provider schemas: ``"string"``, ``"number"``, ``"bool"``,
``"dynamic"``, ``["list", element]``, also with ``set`` and ``map``, ``["tuple", [type]]`` and
``["object", {name: type}]``. An object in a type constraint has the set of its optional attributes as a third item;
an object of a provider has `OPEN` there, because another version of the provider may have more attributes.

Source: https://github.com/zclconf/go-cty/blob/main/docs/types.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.frozen_records import record
from ticketgen.hcl.primitive_conversions import TRUTHS
from ticketgen.hcl.syntax import Call, Expression, Literal, Object, Parentheses, Reference, Tuple
from ticketgen.hcl.value_size import MAX_WEIGHT

__all__ = [
    "ANYTHING",
    "OPEN",
    "PRIMITIVES",
    "UNKNOWN_VALUE",
    "CtyType",
    "TypedValue",
    "VariableTypes",
    "constraint_type",
    "conversion_problem",
    "describe_type",
    "kind_of",
    "object_value",
    "optional_defaults",
    "reads_as",
    "tuple_value",
]

CtyType: TypeAlias = Any
OPEN: Final = "open"
PRIMITIVES: Final = frozenset({"string", "number", "bool"})
_NAMES_PER_STEP: Final = 32
"""The attributes of a type that are looked up in the time of a step."""
_CONSTRAINTS: Final = {"any": "dynamic", "list": ["list", "dynamic"], "map": ["map", "dynamic"]}


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN_VALUE"


UNKNOWN_VALUE: Final = _Unknown()


@record
class TypedValue:
    """What is known about a value.

    Attributes:
        type: the type.
        value: the value: None for null, a string, number or bool, a list or dict of further typed values, or
            `UNKNOWN_VALUE`.
        sensitive: whether the whole value is sensitive.
        ephemeral: whether the whole value is ephemeral.
        size: at least the number of types in the type, of which an attacker could make 2^40 with forty locals.
    """

    type: CtyType
    value: Any = UNKNOWN_VALUE
    sensitive: bool = False
    ephemeral: bool = False
    size: int = 1

    @property
    def known(self) -> bool:
        """Whether the value itself is known; its elements may be unknown."""
        return self.value is not UNKNOWN_VALUE


ANYTHING: Final = TypedValue("dynamic")


def tuple_value(items: Sequence[TypedValue]) -> TypedValue:
    """A tuple of values; unknown if its type is too large."""
    size = 1 + sum(each.size for each in items)
    if size > MAX_WEIGHT:
        return ANYTHING
    return TypedValue(["tuple", [each.type for each in items]], list(items), size=size)


def object_value(fields: Mapping[str, TypedValue]) -> TypedValue:
    """An object of values; unknown if its type is too large."""
    size = 1 + sum(each.size for each in fields.values())
    if size > MAX_WEIGHT:
        return ANYTHING
    return TypedValue(["object", {name: each.type for name, each in fields.items()}], dict(fields), size=size)


def kind_of(type: CtyType) -> str:
    """The first word of a type."""
    return type if isinstance(type, str) else str(type[0])


def describe_type(type: CtyType) -> str:
    """A type with its article, for messages."""
    kind = kind_of(type)
    return f"an {kind}" if kind == "object" else f"a {kind}"


def constraint_type(expression: Expression | None) -> CtyType:
    """The type of a type constraint; ``dynamic`` for anything else.

    Source: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
    """
    if isinstance(expression, Parentheses):
        return constraint_type(expression.inner)
    name = expression.value if isinstance(expression, Literal) else None
    if isinstance(expression, Reference) and not expression.steps:
        name = expression.root
    if isinstance(name, str):
        return name if name in PRIMITIVES else _CONSTRAINTS.get(name, "dynamic")
    if not isinstance(expression, Call) or len(expression.arguments) != 1:
        return "dynamic"
    inner = expression.arguments[0]
    if expression.name in {"list", "set", "map"}:
        return [expression.name, constraint_type(inner)]
    if expression.name == "tuple" and isinstance(inner, Tuple):
        return ["tuple", [constraint_type(item) for item in inner.items]]
    if expression.name == "object" and isinstance(inner, Object):
        return _object_constraint(inner)
    return "dynamic"


class VariableTypes:
    """The types of variables, of which each is read once, however often its module is called."""

    def __init__(self) -> None:
        self._known: dict[Declaration, CtyType] = {}

    def of(self, variable: Declaration) -> CtyType:
        """The type in the constraint of a variable; ``dynamic`` without one."""
        if variable not in self._known:
            self._known[variable] = constraint_type(variable.value("type"))
        return self._known[variable]


def optional_defaults(constraint: Expression | None) -> Iterator[tuple[Expression, CtyType]]:
    """The defaults of the optional attributes in a type constraint, each with its type."""
    waiting = [constraint]
    while waiting:
        expression = waiting.pop()
        match expression:
            case Parentheses(inner=inner):
                waiting.append(inner)
            case Call(name="optional", arguments=(type, default)):
                yield default, constraint_type(type)
                waiting.append(type)
            case Call(arguments=arguments):
                waiting += arguments
            case Tuple(items=items):
                waiting += items
            case Object(items=fields):
                waiting += [field.value for field in fields]


def _object_constraint(written: Object) -> CtyType:
    fields: dict[str, CtyType] = {}
    optional: list[str] = []
    for item in written.items:
        if not isinstance(item.key, Literal):
            return "dynamic"
        name, value = str(item.key.value), item.value
        if isinstance(value, Call) and value.name == "optional" and value.arguments:
            optional.append(name)
            value = value.arguments[0]
        fields[name] = constraint_type(value)
    return ["object", fields, frozenset(optional)]


def conversion_problem(given: TypedValue, wanted: CtyType, budget: Budget) -> str:
    """Why a value does not convert to a type; "" if it does, or may.

    Source: https://github.com/zclconf/go-cty/blob/main/docs/convert.md
    """
    have, want = kind_of(given.type), kind_of(wanted)
    if "dynamic" in {have, want} or given.value is None or not budget.spend(1):
        return ""
    if want in PRIMITIVES:
        return _primitive_problem(given, have, want)
    if have in PRIMITIVES:
        return f"{describe_type(wanted)} is required, not {describe_type(given.type)}"
    if want in {"list", "set", "tuple"}:
        if have not in {"list", "set", "tuple"}:
            return f"{describe_type(wanted)} is required, not {describe_type(given.type)}"
        if want == "tuple":
            return _tuple_problem(given, wanted)
        return _element_problem(given, wanted[1], budget)
    if have not in {"map", "object"}:
        return f"{describe_type(wanted)} is required, not {describe_type(given.type)}"
    if want == "map":
        return _element_problem(given, wanted[1], budget)
    return _object_problem(given, wanted, budget)


def _primitive_problem(given: TypedValue, have: str, want: str) -> str:
    if have not in PRIMITIVES or {have, want} == {"number", "bool"}:
        return f"a {want} is required, not {describe_type(given.type)}"
    if isinstance(given.value, str) and not given.sensitive and not reads_as(given.value, want):
        return f"a {want} is required, not a string that does not convert to one"
    return ""


def reads_as(text: str, kind: str) -> bool:
    """Whether a string may convert to a type such as ``number``."""
    if kind == "bool":
        return text in TRUTHS
    if kind == "number":
        # What Go's big.ParseFloat may read besides decimal numbers is not reported.
        try:
            float(text)
        except ValueError:
            return text[:3].lower().lstrip("+-").startswith("0") or text.lower().lstrip("+-").startswith(
                "inf"
            )
    return True


def _tuple_problem(given: TypedValue, wanted: CtyType) -> str:
    if kind_of(given.type) == "tuple" and len(given.type[1]) != len(wanted[1]):
        return f"a tuple of {len(wanted[1])} is required, not of {len(given.type[1])}"
    return ""


def _elements(given: TypedValue) -> list[TypedValue]:
    if isinstance(given.value, list):
        return given.value
    if isinstance(given.value, dict):
        return list(given.value.values())
    if kind_of(given.type) == "tuple":
        return [TypedValue(each) for each in given.type[1]]
    if kind_of(given.type) == "object":
        return [TypedValue(each) for each in given.type[1].values()]
    return [TypedValue(given.type[1])]


def _element_problem(given: TypedValue, element: CtyType, budget: Budget) -> str:
    for item in _elements(given):
        problem = conversion_problem(item, element, budget)
        if problem:
            return f"in an element, {problem}"
    return ""


def _object_problem(given: TypedValue, wanted: CtyType, budget: Budget) -> str:
    if kind_of(given.type) != "object":
        return ""
    optional = wanted[2] if len(wanted) > 2 else ()
    own = given.type[1]
    if not budget.spend(1 + len(wanted[1]) // _NAMES_PER_STEP):
        return ""
    for name, type in wanted[1].items():
        if name not in own:
            if name not in optional and optional != OPEN and len(given.type) == 2:
                return f"attribute {name} is required"
            continue
        value = given.value[name] if isinstance(given.value, dict) else TypedValue(own[name])
        problem = conversion_problem(value, type, budget)
        if problem:
            return f"in attribute {name}, {problem}"
    return ""
