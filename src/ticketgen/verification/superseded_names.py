"""What provider 6 removed, made read-only or deprecated, reported for modules that accept it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ticketgen.aws.provider.schema import schema_of
from ticketgen.aws.provider.version_6 import BOOLEANS, READ_ONLY_SINCE_6, REMOVED, REMOVED_TYPES
from ticketgen.aws.provider.version_6 import DEPRECATED as REPLACEMENTS
from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import DEPRECATED, REMOVED_IN_PROVIDER_6
from ticketgen.type_checking.conversions import literal_value
from ticketgen.verification.block_schema import UsedName

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
        is_error: whether the module requires provider 6.
    """

    def __init__(self, *, is_error: bool) -> None:
        self._severity = Severity.ERROR if is_error else Severity.WARNING

    def removed_type(self, subject: TypeSubject, location: Location) -> Iterator[Finding]:
        """Report a type that provider 6 removed."""
        if str(subject) in REMOVED_TYPES:
            yield self.removed(f"{subject} was removed", location, REMOVED_TYPES[str(subject)])

    def removed_name(
        self, subject: TypeSubject, path: str, location: Location, *, unknown: bool
    ) -> Iterator[Finding]:
        """Report a name that provider 6 rejects and provider 5.100 has.

        Args:
            subject: the type.
            path: the dotted path of the name.
            location: where it is.
            unknown: whether provider 6 does not have the name at all.
        """
        entry = str(subject), path
        if entry in REMOVED or (unknown and _exists(subject, path)):
            what = f"{path} of {subject} {'is read-only' if entry in READ_ONLY_SINCE_6 else 'was removed'}"
            yield self.removed(what, location, REMOVED.get(entry, "remove it"))

    def used(self, subject: TypeSubject, used: UsedName) -> Iterator[Finding]:
        """Report a name that the schema calls deprecated, or that provider 6 changed."""
        yield from self.superseded(subject, used.path, used.location)
        entry = str(subject), used.path
        if used.deprecated and entry not in REMOVED and entry not in REPLACEMENTS:
            message = f"{used.what} of {subject} is deprecated"
            yield DEPRECATED.found(message, SEE_DOCS, at=used.location)
        if entry in BOOLEANS and used.value is not None:
            literal = literal_value(used.value)
            if literal in (0, 1, "0", "1") and not isinstance(literal, bool):
                message = f"{used.path} of {subject} is {literal}, which AWS provider 6 does not accept"
                help = "write true" if literal in (1, "1") else "write false"
                yield REMOVED_IN_PROVIDER_6.found(message, help, at=used.location)

    def superseded(
        self, subject: TypeSubject, path: str, location: Location, *, reading: bool = False
    ) -> Iterator[Finding]:
        """Report a name that provider 6 removed, made read-only or deprecated."""
        entry = str(subject), path
        if entry in REMOVED:
            read_only = entry in READ_ONLY_SINCE_6
            if not (reading and read_only):
                what = f"{path} of {subject} {'is read-only' if read_only else 'was removed'}"
                yield self.removed(what, location, REMOVED[entry])
        elif entry in REPLACEMENTS:
            message = f"{path} of {subject} is deprecated in AWS provider 6"
            yield DEPRECATED.found(message, REPLACEMENTS[entry], at=location)

    def removed(self, what: str, location: Location, help: str) -> Finding:
        """A finding about a removal; an error if the module requires provider 6."""
        return REMOVED_IN_PROVIDER_6.found(
            f"{what} in AWS provider 6", help, at=location, severity=self._severity
        )


def _exists(subject: TypeSubject, path: str) -> bool:
    """Whether provider 5.100 has an attribute or block."""
    schema = schema_of(*subject)
    *outer, last = path.split(".")
    for name in outer:
        nested = schema.nested(name) if schema is not None else None
        schema = nested.block if nested is not None else None
    return schema is not None and (last in schema.attributes or last in schema.blocks)
