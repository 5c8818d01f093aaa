"""The syntax model that every check of Terraform reads.

A file is a `File`, its content is a `Body` of `Attribute`s and `Block`s, and a value is an `Expression`, with one class
per kind. All nodes are frozen and have a location. The model depends on no parser and knows nothing about AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TypeAlias

from ticketgen.findings import Location
from ticketgen.hcl.address import BUILT_IN_KINDS, Address
from ticketgen.hcl.frozen_records import record

__all__ = [
    "Access",
    "Attribute",
    "Binary",
    "Block",
    "Body",
    "Call",
    "Conditional",
    "Expression",
    "File",
    "For",
    "ForDirective",
    "GetAttribute",
    "GetIndex",
    "IfDirective",
    "Interpolation",
    "Literal",
    "Node",
    "Object",
    "ObjectItem",
    "Parentheses",
    "Part",
    "Reference",
    "Splat",
    "Step",
    "Template",
    "Text",
    "Tuple",
    "Unary",
]


@record
class Node:
    """A part of a file. Lines and columns count from 1, columns in characters."""

    line: int
    column: int

    def at(self, file: str) -> Location:
        """The location of this node in the file of that name."""
        return Location(file, self.line, self.column)


@record
class Literal(Node):
    """A string without interpolation, a number, a bool or null. Escapes are decoded."""

    value: str | int | float | bool | None


@record
class Text(Node):
    """Literal text inside a template: decoded, dedented, and trimmed at each ``~``."""

    value: str


@record
class Interpolation(Node):
    """``${expression}``."""

    expression: Expression


@record
class IfDirective(Node):
    """``%{ if condition }then%{ else }otherwise%{ endif }``."""

    condition: Expression
    then: tuple[Part, ...]
    otherwise: tuple[Part, ...]


@record
class ForDirective(Node):
    """``%{ for key, name in collection }body%{ endfor }``; ``key`` may be None."""

    key: str | None
    name: str
    collection: Expression
    body: tuple[Part, ...]


@record
class Template(Node):
    """A quoted string with interpolations, or any heredoc.

    Attributes:
        parts: text, interpolations and directives, in order; no two texts in a row.
        heredoc: the opening marker (``<<EOT``, ``<<-EOT``); "" for a quoted string. The text of a heredoc begins in
            column 1 of the line after the marker.
    """

    parts: tuple[Part, ...]
    heredoc: str = ""


@record
class GetAttribute(Node):
    """``.name``."""

    name: str


@record
class GetIndex(Node):
    """``[key]``, or the legacy form ``.0``."""

    key: Expression


@record
class Splat(Node):
    """``[*]`` (full) or ``.*``."""

    full: bool


@record
class Reference(Node):
    """A name and the steps into it, such as ``aws_subnet.private[*].id``."""

    root: str
    steps: tuple[Step, ...] = ()
    _parsed: tuple[Address, tuple[Step, ...]] | None = field(
        init=False, repr=False, compare=False, default=None
    )

    @property
    def parsed(self) -> tuple[Address, tuple[Step, ...]]:
        """The address and the steps after it.

        Meaningless for a name that a ``for`` binds. The address of an incomplete reference is incomplete, too.
        """
        return self._parsed or self._parse()

    @property
    def address(self) -> Address:
        """The address, as in `parsed`."""
        return (self._parsed or self._parse())[0]

    @property
    def attribute(self) -> GetAttribute | None:
        """The first attribute after the address; the output of a module call."""
        return next((step for step in self.parsed[1] if isinstance(step, GetAttribute)), None)

    def _parse(self) -> tuple[Address, tuple[Step, ...]]:
        names = []
        for step in self.steps[:2]:
            if not isinstance(step, GetAttribute):
                break
            names.append(step.name)
        if self.root in {"data", "ephemeral"} or (self.root == "resource" and names):
            address = Address(self.root, *names)  # `resource.aws_vpc.main` is the long form of `aws_vpc.main`
        else:
            names = names[:1]
            named = self.root in _NAMED
            address = Address(self.root, "", *names) if named else Address("resource", self.root, *names)
        parsed = address, self.steps[len(names) :]
        object.__setattr__(self, "_parsed", parsed)
        return parsed


_NAMED = BUILT_IN_KINDS | {"var", "local", "module"}


@record
class Access(Node):
    """Steps into a value that is not a name: ``merge(a, b).tags``, ``[1, 2][0]``."""

    operand: Expression
    steps: tuple[Step, ...]


@record
class Call(Node):
    """A function call; ``expand`` says whether ``...`` follows the last argument."""

    name: str
    arguments: tuple[Expression, ...]
    expand: bool = False


@record
class Tuple(Node):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@record
class ObjectItem(Node):
    """``key = value``. A bare key is a `Literal`, ``(key)`` is `Parentheses`."""

    key: Expression
    value: Expression


@record
class Object(Node):
    """``{ a = b, c = d }``."""

    items: tuple[ObjectItem, ...]

    def get(self, key: str) -> Expression | None:
        """The value of a literal key, the last of duplicates; None if it is missing."""
        for item in reversed(self.items):
            if isinstance(item.key, Literal) and item.key.value == key:
                return item.value
        return None


@record
class For(Node):
    """``[for key, name in collection : value if condition]``, also with ``{ }``.

    Attributes:
        key: the first of two names; None if there is only one.
        name: the name of each element.
        result_key: the expression before ``=>``; None for a tuple.
        grouped: whether ``...`` groups the values by key.
    """

    key: str | None
    name: str
    collection: Expression
    result_key: Expression | None
    value: Expression
    condition: Expression | None
    grouped: bool = False


@record
class Conditional(Node):
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@record
class Binary(Node):
    """``left operator right``; it starts at its left operand."""

    operator: str
    left: Expression
    right: Expression


@record
class Unary(Node):
    """``-operand`` or ``!operand``."""

    operator: str
    operand: Expression


@record
class Parentheses(Node):
    """``(inner)``."""

    inner: Expression


Part: TypeAlias = Text | Interpolation | IfDirective | ForDirective
Step: TypeAlias = GetAttribute | GetIndex | Splat
Expression: TypeAlias = (
    Literal
    | Template
    | Reference
    | Access
    | Call
    | Tuple
    | Object
    | For
    | Conditional
    | Binary
    | Unary
    | Parentheses
)


@record
class Attribute(Node):
    """``name = value``."""

    name: str
    value: Expression


@record
class Body:
    """Attributes and blocks, each in file order."""

    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()
    _by_name: dict[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {attribute.name: attribute for attribute in reversed(self.attributes)}
        object.__setattr__(self, "_by_name", by_name)

    def attribute(self, name: str) -> Attribute | None:
        """The first attribute of that name; None if there is none."""
        return self._by_name.get(name)

    def walk(self) -> Iterator[Block]:
        """All blocks in this body, at any depth, in file order."""
        waiting = [*reversed(self.blocks)]
        while waiting:
            block = waiting.pop()
            yield block
            waiting.extend(reversed(block.body.blocks))


@record
class Block(Node):
    """``type "label" { … }``.

    Attributes:
        end_line: the line of the closing brace.
        overridden: the block as it is written, if an override file changes it.
    """

    type: str
    labels: tuple[str, ...]
    body: Body
    end_line: int
    overridden: Block | None = field(default=None, repr=False, compare=False)

    @property
    def effective_type(self) -> str:
        """Its type; for a ``dynamic`` block, the type of the blocks that it generates."""
        return self.labels[0] if self.type == "dynamic" and self.labels else self.type

    def attribute(self, name: str) -> Attribute | None:
        """The block's own attribute of that name; None if there is none."""
        return self.body._by_name.get(name)

    def value(self, name: str) -> Expression | None:
        """The value of the block's own attribute of that name; None if there is none."""
        attribute = self.body._by_name.get(name)
        return attribute.value if attribute is not None else None

    def blocks(self, type: str | None = None) -> tuple[Block, ...]:
        """The blocks directly inside this one, of one type or of all types."""
        if type is None:
            return self.body.blocks
        return tuple([block for block in self.body.blocks if block.type == type])

    def walk(self) -> Iterator[Block]:
        """This block and all nested blocks, at any depth, in file order."""
        yield self
        yield from self.body.walk()


@record
class File:
    """One parsed file."""

    path: str
    body: Body

    def attributes(self) -> Iterator[Attribute]:
        """Every attribute of the file, at any depth, in file order."""
        yield from self.body.attributes
        for block in self.body.walk():
            yield from block.body.attributes
