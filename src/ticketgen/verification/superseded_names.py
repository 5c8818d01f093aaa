"""Names that provider 6 removed, made read-only or deprecated, in modules that accept it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ticketgen.aws.provider.schema import AWS_VERSION, AWS_VERSION_6, schema_of
from ticketgen.aws.provider.version_6 import (
    BOOLEANS,
    READ_ONLY_SINCE_6,
    REMOVED,
    REMOVED_TYPES,
    REWRITTEN,
    new_name,
)
from ticketgen.aws.provider.version_6 import DEPRECATED as REPLACEMENTS
from ticketgen.findings import Finding, Location, Severity, TextEdit
from ticketgen.findings.verification import DEPRECATED, REMOVED_IN_PROVIDER_6
from ticketgen.hcl.syntax import Expression, Literal
from ticketgen.type_checking.conversions import literal_value
from ticketgen.verification.block_schema import SchemaFault, UsedName

__all__ = ["SEE_DOCS", "Superseded", "TypeSubject"]

SEE_DOCS = "see the provider's documentation for the replacement"


class TypeSubject(NamedTuple):
    """The type that findings are about.

    Attributes:
        kind: such as ``data``.
        type: the type of resource, such as ``aws_vpc``, or the provider.
    """

    kind: str
    type: str

    def __str__(self) -> str:
        """The type in messages and in the tables of `version_6`, where a data source has ``data.`` before it."""
        return f"data.{self.type}" if self.kind == "data" else self.type


class Superseded:
    """The findings about what provider 6 changed.

    Args:
        versions: the versions of the provider that the module accepts. A removal is an error if that is 6 alone.
    """

    def __init__(self, versions: Sequence[tuple[int, ...]]) -> None:
        self._versions = versions
        self._severity = Severity.ERROR if tuple(versions) == (AWS_VERSION_6,) else Severity.WARNING

    def removed_type(self, subject: TypeSubject, location: Location) -> Iterator[Finding]:
        """Report a type that provider 6 removed."""
        if str(subject) in REMOVED_TYPES:
            yield self.removed(f"{subject} was removed", location, REMOVED_TYPES[str(subject)])

    def removed_name(self, subject: TypeSubject, fault: SchemaFault) -> Iterator[Finding]:
        """Report a name that provider 6 rejects and provider 5.100 has."""
        path, location, entry = fault.path, fault.location, (str(subject), fault.path)
        if entry in REMOVED or (fault.known is not None and _exists(subject, path)):
            what = f"{path} of {subject} {'is read-only' if entry in READ_ONLY_SINCE_6 else 'was removed'}"
            edits = _rewritten(subject, path, location, fault.value)
            edits = edits or self._renamed(subject, path, location)
            yield self.removed(what, location, REMOVED.get(entry, "remove it"), edits)

    def used(self, subject: TypeSubject, used: UsedName) -> Iterator[Finding]:
        """Report a name that the schema calls deprecated, or that provider 6 changed."""
        entry = str(subject), used.path
        edits = _rewritten(subject, used.path, used.location, used.value)
        yield from self.superseded(subject, used.path, used.location, edits=edits)
        if used.deprecated and entry not in REMOVED and entry not in REPLACEMENTS:
            message = f"{used.what} of {subject} is deprecated"
            yield DEPRECATED.found(message, SEE_DOCS, at=used.location)
        if entry in BOOLEANS and used.value is not None:
            literal = literal_value(used.value)
            if literal in (0, 1, "0", "1") and not isinstance(literal, bool):
                message = f"{used.path} of {subject} is {literal}, which AWS provider 6 does not accept"
                word, written = "true" if literal in (1, "1") else "false", _written(used.value)
                edits = (TextEdit(used.value.at(used.location.file), written, word),) if written else ()
                yield REMOVED_IN_PROVIDER_6.found(message, f"write {word}", at=used.location, edits=edits)

    def superseded(
        self,
        subject: TypeSubject,
        path: str,
        location: Location,
        *,
        reading: bool = False,
        edits: tuple[TextEdit, ...] = (),
    ) -> Iterator[Finding]:
        """Report a name that provider 6 removed, made read-only or deprecated."""
        entry = str(subject), path
        if entry in REMOVED or entry in REPLACEMENTS:
            edits = edits or self._renamed(subject, path, location)
        if entry in REMOVED:
            read_only = entry in READ_ONLY_SINCE_6
            if not (reading and read_only):
                what = f"{path} of {subject} {'is read-only' if read_only else 'was removed'}"
                yield self.removed(what, location, REMOVED[entry], edits)
        elif entry in REPLACEMENTS:
            message = f"{path} of {subject} is deprecated in AWS provider 6"
            help = f"use {edits[0].new}" if edits else REPLACEMENTS[entry]
            yield DEPRECATED.found(message, help, at=location, edits=edits)

    def removed(self, what: str, location: Location, help: str, edits: tuple[TextEdit, ...] = ()) -> Finding:
        """A finding about a removal; an error if the module requires provider 6."""
        message = f"{what} in AWS provider 6"
        return REMOVED_IN_PROVIDER_6.found(message, help, at=location, severity=self._severity, edits=edits)

    def _renamed(self, subject: TypeSubject, path: str, location: Location) -> tuple[TextEdit, ...]:
        """The edit that writes the new name, if all accepted versions have it for the same kind of value."""
        new = new_name(str(subject), path)
        if not new or not self._versions:
            return ()
        old_shapes = {_shape(subject, path, each) for each in (AWS_VERSION, AWS_VERSION_6)} - {None}
        new_shapes = {_shape(subject, new, each) for each in self._versions}
        return (TextEdit(location, path, new),) if new_shapes <= old_shapes else ()


def _shape(subject: TypeSubject, name: str, version: tuple[int, ...]) -> str | None:
    """The type of an attribute, or the names in a block, as a text; None if there is none of that name."""
    schema = schema_of(*subject, version)
    attribute = schema.attribute(name) if schema is not None else None
    nested = schema.nested(name) if schema is not None else None
    if attribute is not None:
        return str(attribute.type)
    return str(sorted((*nested.block.attributes, *nested.block.blocks))) if nested is not None else None


def _rewritten(
    subject: TypeSubject, path: str, location: Location, value: Expression | None
) -> tuple[TextEdit, ...]:
    """The edit of an attribute that has another name and another value in provider 6."""
    written = _written(value) if value is not None else ""
    new = REWRITTEN.get((str(subject), path, written))
    return (TextEdit(location, f"{path} = {written}", new),) if new else ()


def _written(value: Expression) -> str:
    """The text of a bool, a whole number or a string without escapes; "" for another expression."""
    literal = literal_value(value) if isinstance(value, Literal) else None
    if isinstance(literal, bool):
        return "true" if literal else "false"
    return f'"{literal}"' if isinstance(literal, str) else str(literal) if isinstance(literal, int) else ""


def _exists(subject: TypeSubject, path: str) -> bool:
    """Whether provider 5.100 has an attribute or block."""
    schema = schema_of(*subject)
    *outer, last = path.split(".")
    for name in outer:
        nested = schema.nested(name) if schema is not None else None
        schema = nested.block if nested is not None else None
    return schema is not None and (last in schema.attributes or last in schema.blocks)
