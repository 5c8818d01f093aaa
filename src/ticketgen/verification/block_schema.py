"""Compare a block with one schema of its type.

The result is facts: which names the block uses, and how it violates the schema.
`ticketgen.verification.provider_schema` decides what they mean for a module that accepts several versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from ticketgen.aws.provider.required_fields import REQUIRED_FIELDS
from ticketgen.aws.provider.schema import (
    AttributeSchema,
    BlockSchema,
    Type,
    required_attributes,
    required_blocks,
)
from ticketgen.findings import FindingKind, Location, TextEdit
from ticketgen.findings.verification import (
    MISSING_ATTRIBUTE,
    MISSING_BLOCK,
    READ_ONLY_ATTRIBUTE,
    TOO_MANY_BLOCKS,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_BLOCK,
    WRONG_LABELS,
    WRONG_TYPE,
)
from ticketgen.hcl.syntax import Attribute, Block, Body, Expression, Tuple
from ticketgen.hcl.traversal import free_references
from ticketgen.language.block_grammar import BlockGrammar
from ticketgen.type_checking.conversions import is_null, mismatches
from ticketgen.verification.corrections import as_argument, as_block
from ticketgen.verification.ignored_changes import ignored_faults

__all__ = ["BlockFact", "SchemaFault", "UsedName", "block_facts"]

_NO_META = BlockGrammar()
_EXAMPLES = {
    "a bool": "true or false",
    "a list": "[ … ]",
    "a set": "[ … ]",
    "a map": "{ … }",
    "an object": "{ … }",
}


class UsedName(NamedTuple):
    """A name of the schema that a configuration sets.

    Attributes:
        path: the dotted path of the attribute or block.
        location: where the configuration sets it.
        deprecated: whether the schema calls it deprecated.
        value: the value of an attribute; None for a block.
    """

    path: str
    location: Location
    deprecated: bool
    value: Expression | None = None

    @property
    def what(self) -> str:
        """The name in a message."""
        return self.path if self.value is not None else f"block type {self.path}"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """A violation of the schema.

    Attributes:
        kind: the kind of finding.
        message: what is wrong.
        location: where.
        help: the fix; None for that of the kind.
        path: the dotted path of the name that is wrong.
        known: for an unknown name, those that the schema has in its place.
        edits: the correction, if it is obvious and does not follow from `known`.
        repeated: where else the unknown name stands.
        value: that of an unknown attribute.
    """

    kind: FindingKind
    message: str
    location: Location
    help: str | None
    path: str
    known: tuple[str, ...] | None = field(default=None, compare=False)
    edits: tuple[TextEdit, ...] = field(default=(), compare=False)
    repeated: tuple[Location, ...] = field(default=(), compare=False)
    value: Expression | None = field(default=None, compare=False)


BlockFact: TypeAlias = UsedName | SchemaFault


def block_facts(
    block: Block, schema: BlockSchema, subject: str, file: str, meta: BlockGrammar
) -> Iterator[BlockFact]:
    """Yield what a top-level block uses and violates of a schema.

    Args:
        block: the block.
        schema: the schema of its type.
        subject: the type in messages.
        file: the path of the file.
        meta: Terraform's own part of the block.
    """
    body = _Body(subject, file)
    if not block.blocks("_"):  # whose content belongs to the block itself
        yield from body.check(block, block.body, schema, "", meta)
    for fault in () if schema.is_open else ignored_faults(block, schema):
        message = f"ignore_changes of {subject} contains {fault.path}: {fault.message}"
        location = fault.item.at(file)
        yield SchemaFault(UNKNOWN_ATTRIBUTE, message, location, None, fault.path, fault.known)


class _Body:
    """The checks of one top-level block."""

    def __init__(self, subject: str, file: str) -> None:
        self.subject = subject
        self.file = file
        self._loops = 0  # the dynamic blocks around; the check of types evaluates their content

    def check(
        self, block: Block, body: Body, schema: BlockSchema, path: str, meta: BlockGrammar = _NO_META
    ) -> Iterator[BlockFact]:
        given = {each.name: each for each in body.attributes if each.name not in meta.arguments}
        for attribute in given.values():
            yield from self._attribute(attribute, schema, path, meta)
        blocks = [each for each in body.blocks if each.effective_type not in meta.blocks]
        counts: dict[str, int] = {}
        loops: set[str] = set()
        for inner in blocks:
            if inner.type == "dynamic" and inner.labels:
                loops.add(inner.labels[0])
                self._loops += 1
                for content in inner.blocks("content"):
                    yield from self._block(content, inner.labels[0], content.body, schema, path, inner)
                self._loops -= 1
            else:
                counts[inner.type] = counts.get(inner.type, 0) + 1
                nested = schema.nested(inner.type)
                if nested and inner.labels:
                    message = f"the block {path}{inner.type} of {self.subject} has a label"
                    at = inner.at(self.file)
                    yield SchemaFault(WRONG_LABELS, message, at, f"write {inner.type} {{", path + inner.type)
                if nested and nested.max_items and counts[inner.type] == nested.max_items + 1:
                    name = path + inner.type
                    allowed = "only one is" if nested.max_items == 1 else f"only {nested.max_items} are"
                    message = f"too many {name} blocks in {self.subject}: {allowed} allowed"
                    yield SchemaFault(TOO_MANY_BLOCKS, message, inner.at(self.file), None, name)
                yield from self._block(inner, inner.type, inner.body, schema, path, inner, meta)
        if not schema.is_open or schema.is_inside_open:  # only names were added to inner blocks
            yield from self._missing(block, given, counts, loops, schema, path)

    def _attribute(
        self, attribute: Attribute, schema: BlockSchema, path: str, meta: BlockGrammar
    ) -> Iterator[BlockFact]:
        name, location = path + attribute.name, attribute.at(self.file)
        known = schema.attribute(attribute.name)
        if known is None:
            if attribute.name in schema.blocks or attribute.name in meta.offered(blocks=True):
                if attribute.name != "timeouts" and _is_empty_block_list(attribute.value):
                    return
                message = f"{name} of {self.subject} is a block type, but is written as an argument"
                help, edits = f"write {attribute.name} {{ … }}", as_block(attribute, self.file)
                yield SchemaFault(UNKNOWN_ATTRIBUTE, message, location, help, name, edits=edits)
            else:
                for fault in self._unknown(UNKNOWN_ATTRIBUTE, "argument", name, location, schema, meta):
                    yield replace(fault, value=attribute.value)
            return
        # Every resource of the AWS provider's SDK has a computed `id`, which its schema calls optional:
        # https://pkg.go.dev/github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema#Resource
        is_id = name == "id" and known.optional and known.computed and self.subject.startswith("aws_")
        if known.read_only or (is_id and not is_null(attribute.value)):
            message = f"{name} of {self.subject} is read-only: the provider sets it"
            yield SchemaFault(READ_ONLY_ATTRIBUTE, message, location, "remove it", name)
            return
        yield UsedName(name, location, known.deprecated, attribute.value)
        yield from self._value(attribute, known, name)

    def _value(self, attribute: Attribute, known: AttributeSchema, name: str) -> Iterator[BlockFact]:
        if known.required and is_null(attribute.value) and not self._loops:
            message = f"required argument {name} in {self.subject} is null"
            yield SchemaFault(MISSING_ATTRIBUTE, message, attribute.at(self.file), "set it to a value", name)
        yield from self._mismatches(attribute.value, known.type, name)

    def _block(
        self,
        block: Block,
        type: str,
        body: Body,
        schema: BlockSchema,
        path: str,
        named: Block,
        meta: BlockGrammar = _NO_META,
    ) -> Iterator[BlockFact]:
        """Check a block, or the content of a dynamic one, whose type stands in `named`."""
        name, location = path + type, named.at(self.file)
        nested = schema.nested(type)
        if nested is not None:
            yield UsedName(name, location, nested.block.deprecated)
            yield from self.check(block, body, nested.block, f"{name}.")
            return
        attribute = schema.attribute(type)
        if attribute is not None and attribute.fields is not None and not attribute.read_only:
            yield from self._fields(body, attribute.fields, name)
            given = {each.name for each in body.attributes} | {each.effective_type for each in body.blocks}
            for field in () if self._loops else REQUIRED_FIELDS.get((self.subject, name), ()):
                if field not in given:
                    message = f"missing required argument {name}.{field} in {self.subject}"
                    yield SchemaFault(MISSING_ATTRIBUTE, message, location, f"set {field}", f"{name}.{field}")
        elif attribute is not None:
            what, help = "an argument", f"write {type} = …"
            edits = as_argument(block, self.file) if block is named else ()
            if attribute.read_only:
                what, help, edits = "a read-only attribute", "remove it", ()
            message = f"{name} of {self.subject} is {what}, but is written as a block"
            yield SchemaFault(UNKNOWN_BLOCK, message, location, help, name, edits=edits)
        else:
            for fault in self._unknown(UNKNOWN_BLOCK, "block type", name, location, schema, meta):
                yield replace(fault, repeated=tuple(self._elements(named)))

    def _elements(self, dynamic: Block) -> Iterator[Location]:
        """Where the content of a dynamic block names the current element by the type of the blocks."""
        if dynamic.type != "dynamic" or dynamic.attribute("iterator") is not None:
            return
        for block in dynamic.walk():
            for attribute in block.body.attributes if block is not dynamic else ():
                for reference in free_references(attribute.value):
                    if reference.root == dynamic.labels[0]:
                        yield reference.at(self.file)

    def _fields(self, body: Body, fields: Mapping[str, Type], path: str) -> Iterator[BlockFact]:
        """Check a block that stands for an object, whose attributes are all optional in the schema."""
        for attribute in body.attributes:
            name = f"{path}.{attribute.name}"
            if attribute.name not in fields:
                message = f"unsupported argument {name} in {self.subject}"
                location = attribute.at(self.file)
                yield SchemaFault(UNKNOWN_ATTRIBUTE, message, location, None, name, tuple(fields))
            else:
                yield from self._mismatches(attribute.value, fields[attribute.name], name)

    def _mismatches(self, value: Expression, type: Type, name: str) -> Iterator[SchemaFault]:
        for node, required, actual in mismatches(value, type) if not self._loops else ():
            message = (
                f"inappropriate value for {name} of {self.subject}: {required} is required, not {actual}"
            )
            help = f"write {_EXAMPLES.get(required, required)}"
            yield SchemaFault(WRONG_TYPE, message, node.at(self.file), help, name)

    def _missing(
        self,
        block: Block,
        given: Mapping[str, Attribute],
        counts: Mapping[str, int],
        loops: set[str],
        schema: BlockSchema,
        path: str,
    ) -> Iterator[SchemaFault]:
        location = block.at(self.file)
        written = (
            block.overridden
        )  # Terraform wants required arguments there, even if an override file sets them
        for name in required_attributes(schema):
            is_given = name in given and (written is None or written.attribute(name) is not None)
            if not (is_given or name in counts or name in loops):
                message = f"missing required argument {path}{name} in {self.subject}"
                yield SchemaFault(MISSING_ATTRIBUTE, message, location, f"set {name}", path + name)
        for name, least in required_blocks(schema).items():
            if name not in loops and name not in given and counts.get(name, 0) < least:
                message = f"missing required block {path}{name} in {self.subject}"
                if least > 1:
                    message += f": at least {least} are required"
                yield SchemaFault(MISSING_BLOCK, message, location, f"add {name} {{ … }}", path + name)

    def _unknown(
        self,
        kind: FindingKind,
        what: str,
        path: str,
        location: Location,
        schema: BlockSchema,
        meta: BlockGrammar,
    ) -> Iterator[SchemaFault]:
        if not schema.is_open:
            message = f"unsupported {what} {path} in {self.subject}"
            known = dict.fromkeys((*_settable(schema), *meta.offered(), "dynamic"))
            yield SchemaFault(kind, message, location, None, path, tuple(known))


def _settable(schema: BlockSchema) -> Iterable[str]:
    """The names that a configuration may set in a block, so no read-only attributes."""
    for name in schema.attributes:
        known = schema.attribute(name)
        if known and not known.read_only:
            yield name
    yield from schema.blocks


def _is_empty_block_list(value: Expression) -> bool:
    """Whether a value is ``[]``, which sets a computed block type to no blocks."""
    return isinstance(value, Tuple) and not value.items
