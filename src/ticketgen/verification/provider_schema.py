"""Level 4: check every block against the provider's schema.

The schema is the snapshot in `ticketgen.aws.provider`. Types that it lacks, and modules that require another version of
the provider, yield no errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import chain
from typing import NamedTuple

from ticketgen.aws.provider.schema import AWS_VERSION, PROVIDERS, BlockSchema, Type, schema_of
from ticketgen.aws.provider.version_6 import (
    BOOLEANS,
    NEW,
    READ_ONLY_SINCE_6,
    REMOVED,
    REMOVED_TYPES,
)
from ticketgen.aws.provider.version_6 import (
    DEPRECATED as REPLACEMENTS,
)
from ticketgen.findings import Finding, FindingKind, Location, Severity
from ticketgen.findings.verification import (
    DEPRECATED,
    MISSING_ATTRIBUTE,
    MISSING_BLOCK,
    READ_ONLY_ATTRIBUTE,
    REMOVED_IN_PROVIDER_6,
    SCHEMA_NOT_CHECKED,
    TOO_MANY_BLOCKS,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_BLOCK,
    WRONG_TYPE,
)
from ticketgen.guesses import Guesses
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    Object,
    Tuple,
)
from ticketgen.hcl.uses import Use
from ticketgen.language.block_grammar import BlockGrammar
from ticketgen.language.blocks import TOP_LEVEL
from ticketgen.verification.conversions import is_null, literal_value, mismatches
from ticketgen.verification.ignored_changes import ignored_faults
from ticketgen.verification.version_constraints import allows

__all__ = ["check_schema", "required_sources", "schemas_of"]

_META: Mapping[str, BlockGrammar] = {
    kind: TOP_LEVEL[kind].block for kind in ("resource", "data", "ephemeral", "provider")
}
"""Terraform's own part of the blocks whose other part the schema describes."""
_NO_META = BlockGrammar()
_SEE_DOCS = "see the provider's documentation for the replacement"
_EXAMPLES = {
    "a bool": "true or false",
    "a list": "[ … ]",
    "a set": "[ … ]",
    "a map": "{ … }",
    "an object": "{ … }",
}
_BUILT_IN = "terraform"
"""The provider of Terraform's own types, such as ``terraform_data``."""


def check_schema(modules: Iterable[Module], guesses: Guesses) -> Iterator[Finding]:
    """Yield findings about blocks with a provider schema, and references to them.

    For each reason, one note counts the unchecked blocks, at the first of them.
    """
    unchecked: dict[str, list[Location]] = {}
    for module in modules:
        checker = _Checker(module, unchecked, guesses)
        for file in module.files:
            for block in file.body.blocks:
                for each in (block, *(block.blocks("data") if block.type == "check" else ())):
                    if each.type in _META and each.labels:
                        yield from checker.block(file.path, each)
        for use in module.uses:
            yield from checker.use(use)
    for reason, locations in sorted(unchecked.items()):
        what = "1 block is" if len(locations) == 1 else f"{len(locations):,} blocks are"
        message = f"{what} not checked against a schema: {reason}"
        help = "check the configuration with `terraform validate` as well; --ignore schema-not-checked accepts it"
        yield SCHEMA_NOT_CHECKED.found(message, help, at=min(locations))


def schemas_of(module: Module, guesses: Guesses) -> Callable[[str, str], BlockSchema | None]:
    """A function that returns the schema of a kind and a type; None if the module may use another schema."""
    return _Checker(module, {}, guesses).schema


def required_sources(module: Module) -> Mapping[str, tuple[str, Expression | None]]:
    """Source and version constraint of each entry in ``required_providers``, by name."""
    found: dict[str, tuple[str, Expression | None]] = {}
    for name, value in module.required_providers.items():
        source, version = f"hashicorp/{name}", None
        if isinstance(value, Object):
            written = value.get("source")
            if isinstance(written, Literal) and isinstance(written.value, str):
                source = (
                    written.value.removeprefix("registry.terraform.io/")
                    .removeprefix("registry.opentofu.org/")
                    .lower()
                )
            version = value.get("version")
        elif isinstance(value, Literal):
            version = value  # the form of Terraform 0.12
        found[name] = source, version
    return found


class _Subject(NamedTuple):
    """The type that findings are about.

    Attributes:
        type: the type of resource, such as ``aws_vpc``, or the provider.
        written: the type in messages and in the tables of `version_6`, where a data source has ``data.`` before it.
    """

    type: str
    written: str

    @classmethod
    def of(cls, kind: str, type: str) -> _Subject:
        """The subject of blocks of a kind, such as ``data``."""
        return cls(type, f"data.{type}" if kind == "data" else type)

    def __str__(self) -> str:
        return self.written


class _Version(Enum):
    """The versions of the AWS provider that a module accepts."""

    KNOWN = "the snapshot's version, perhaps among others"
    LATER = "only later versions"
    OTHER = "only earlier versions, or an unknown one"


class _Checker:
    """The checks of one module.

    Args:
        unchecked: the locations of unchecked blocks by reason, for all modules.
        guesses: finds similar names for the help; shared by all checks of the directory.
    """

    def __init__(self, module: Module, unchecked: dict[str, list[Location]], guesses: Guesses) -> None:
        self.module = module
        self._guesses = guesses
        self._sources = required_sources(module)
        self._unchecked = unchecked
        _, constraint = self._sources.get("aws", ("", None))
        self._constrained = constraint is not None
        self.version = _Version.KNOWN
        if constraint is not None and not allows(constraint, AWS_VERSION):
            later = any(allows(constraint, (6, minor, 0)) for minor in range(100))
            self.version = _Version.LATER if later else _Version.OTHER

    def block(self, file: str, block: Block) -> Iterator[Finding]:
        """Check a top-level block."""
        type, location = block.labels[0], block.at(file)
        provider = type.partition("_")[0]
        schema = schema_of(block.type, type) if self._is_known(provider) else None
        subject = _Subject.of(block.type, type)
        if schema is None:
            if provider == _BUILT_IN and self._is_known(provider) and block.type != "provider":
                help = self._guesses.did_you_mean(type, ("terraform_data", "terraform_remote_state"))
                message = f"Terraform's own provider has no {subject}"
                yield UNKNOWN_BLOCK.found(message, help or "correct the type", at=location)
            elif provider != _BUILT_IN and not (block.type == "provider" and self._is_known(provider)):
                self._skip(self._reason(provider, subject), location)
            return
        if self.version is _Version.OTHER and provider == "aws":
            self._skip("the module requires an AWS provider before 5.100", location)
            return
        if self.version is _Version.LATER and provider == "aws":
            self._skip("the module requires an AWS provider after 5.100", location)
        if subject.written in REMOVED_TYPES:
            yield self.removed(f"{subject} was removed", location, REMOVED_TYPES[subject.written])
        elif schema.deprecated:
            yield DEPRECATED.found(f"{subject} is deprecated", _SEE_DOCS, at=location)
        body = _Body(self, subject, file, strict=self.version is _Version.KNOWN or provider != "aws")
        meta = _META[block.type]
        if not block.blocks("_"):  # whose content belongs to the block itself
            yield from body.check(block, block.body, schema, "", meta)
        if body.strict:
            for fault in ignored_faults(block, schema):
                message = f"ignore_changes of {subject} contains {fault.path}: {fault.message}"
                yield from self.unknown(subject, fault.path, fault.item.at(file), message, fault.known)

    def schema(self, kind: str, type: str) -> BlockSchema | None:
        """The schema of a type; None if the module may use another version or another provider."""
        provider = type.partition("_")[0]
        if not self._is_known(provider) or (self.version is not _Version.KNOWN and provider == "aws"):
            return None
        return schema_of(kind, type)

    def use(self, use: Use) -> Iterator[Finding]:
        """Check a reference to an attribute of a resource or data source."""
        kind, type = use.address.kind, use.address.type
        if kind not in {"resource", "data"} or use.address not in self.module.declarations:
            return
        if not self._is_known(type.partition("_")[0]) or self.version is _Version.OTHER:
            return
        schema = schema_of(kind, type)
        attribute = use.reference.attribute
        if schema is None or attribute is None:
            return
        if use.attribute == "replace_triggered_by":
            return  # Terraform accepts any name there
        name, location = attribute.name, attribute.at(use.file)
        subject = _Subject.of(kind, type)
        if name in schema.attributes or name in schema.blocks:
            yield from self.superseded(subject, name, location, reading=True)
        elif self.version is _Version.KNOWN or not type.startswith("aws_"):
            known = chain(schema.attributes, schema.blocks)
            yield from self.unknown(subject, name, location, f"{subject} has no attribute {name}", known)

    def unknown(
        self,
        subject: _Subject,
        path: str,
        location: Location,
        message: str,
        known: Iterable[str],
        kind: FindingKind = UNKNOWN_ATTRIBUTE,
    ) -> Iterator[Finding]:
        """Report an unknown name.

        A name that is new in provider 6 is wrong only if the module also accepts provider 5.
        """
        if (subject.written, path) in NEW or (path == "region" and subject.type.startswith("aws_")):
            if self._constrained:
                help = "require AWS provider 6 in required_providers, or remove it"
                yield kind.found(
                    f"{message} before AWS provider 6", help, at=location, severity=Severity.WARNING
                )
            return
        help = self._guesses.did_you_mean(path.rpartition(".")[2], known) or "remove it"
        yield kind.found(message, help, at=location)

    def superseded(
        self, subject: _Subject, path: str, location: Location, *, reading: bool = False
    ) -> Iterator[Finding]:
        """Report a name that provider 6 removed, made read-only or deprecated."""
        entry = subject.written, path
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
        severity = Severity.ERROR if self.version is _Version.LATER else Severity.WARNING
        return REMOVED_IN_PROVIDER_6.found(f"{what} in AWS provider 6", help, at=location, severity=severity)

    def _skip(self, reason: str, location: Location) -> None:
        self._unchecked.setdefault(reason, []).append(location)

    def _reason(self, provider: str, subject: _Subject) -> str:
        if self._is_known(provider):
            return f"{subject} is not in AWS provider {'.'.join(map(str, AWS_VERSION))}"
        return f"ticketgen has no schema of provider {provider}"

    def _is_known(self, provider: str) -> bool:
        """Whether the snapshot contains the provider with that local name."""
        source, _ = self._sources.get(provider, (f"hashicorp/{provider}", None))
        return PROVIDERS.get(source) == provider


class _Body:
    """The checks of the body of one top-level block."""

    def __init__(self, checker: _Checker, subject: _Subject, file: str, *, strict: bool) -> None:
        self.checker = checker
        self.subject = subject
        self.file = file
        self.strict = strict

    def check(
        self, block: Block, body: Body, schema: BlockSchema, path: str, meta: BlockGrammar = _NO_META
    ) -> Iterator[Finding]:
        given = {each.name: each for each in body.attributes if each.name not in meta.arguments}
        for attribute in given.values():
            yield from self._attribute(attribute, schema, path)
        blocks = [each for each in body.blocks if each.effective_type not in meta.blocks]
        counts: dict[str, int] = {}
        loops: set[str] = set()
        for inner in blocks:
            if inner.type == "dynamic" and inner.labels:
                loops.add(inner.labels[0])
                for content in inner.blocks("content"):
                    yield from self._block(content, inner.labels[0], content.body, schema, path)
            else:
                counts[inner.type] = counts.get(inner.type, 0) + 1
                nested = schema.nested(inner.type)
                if nested and nested.max_items and counts[inner.type] == nested.max_items + 1:
                    name = path + inner.type
                    allowed = "only one is" if nested.max_items == 1 else f"only {nested.max_items} are"
                    message = f"too many {name} blocks in {self.subject}: {allowed} allowed"
                    yield from self._report(TOO_MANY_BLOCKS, message, inner.at(self.file))
                yield from self._block(inner, inner.type, inner.body, schema, path)
        yield from self._missing(block, given, {*counts, *loops}, counts, loops, schema, path)

    def _attribute(self, attribute: Attribute, schema: BlockSchema, path: str) -> Iterator[Finding]:
        name, location = path + attribute.name, attribute.at(self.file)
        known = schema.attribute(attribute.name)
        if known is None:
            if attribute.name in schema.blocks:
                if attribute.name == "timeouts" or _is_empty_block_list(attribute.value):
                    return
                message = f"{name} of {self.subject} is a block type, but is written as an argument"
                yield from self._report(
                    UNKNOWN_ATTRIBUTE, message, location, f"write {attribute.name} {{ … }}"
                )
            else:
                yield from self._unknown(UNKNOWN_ATTRIBUTE, "argument", name, location, _settable(schema))
            return
        if known.read_only:
            message = f"{name} of {self.subject} is read-only: the provider sets it"
            yield from self._report(READ_ONLY_ATTRIBUTE, message, location, "remove it")
            return
        yield from self.checker.superseded(self.subject, name, location)
        entry = self.subject.written, name
        if known.deprecated and entry not in REMOVED and entry not in REPLACEMENTS:
            message = f"{name} of {self.subject} is deprecated"
            yield DEPRECATED.found(message, _SEE_DOCS, at=location)
        if entry in BOOLEANS and literal_value(attribute.value) in (0, 1, "0", "1"):
            literal = literal_value(attribute.value)
            if not isinstance(literal, bool):
                message = f"{name} of {self.subject} is {literal}, which AWS provider 6 does not accept"
                help = "write true" if literal in (1, "1") else "write false"
                yield REMOVED_IN_PROVIDER_6.found(message, help, at=location)
            return
        if known.required and is_null(attribute.value):
            message = f"required argument {name} in {self.subject} is null"
            yield from self._report(MISSING_ATTRIBUTE, message, location, "set it to a value")
        yield from self._mismatches(attribute.value, known.type, name)

    def _block(
        self, block: Block, type: str, body: Body, schema: BlockSchema, path: str
    ) -> Iterator[Finding]:
        name, location = path + type, block.at(self.file)
        nested = schema.nested(type)
        if nested is not None:
            yield from self.checker.superseded(self.subject, name, location)
            if nested.block.deprecated and (self.subject.written, name) not in REMOVED:
                message = f"block type {name} of {self.subject} is deprecated"
                yield DEPRECATED.found(message, _SEE_DOCS, at=location)
            yield from self.check(block, body, nested.block, f"{name}.")
            return
        attribute = schema.attribute(type)
        if attribute is not None and attribute.fields is not None and not attribute.read_only:
            yield from self._fields(body, attribute.fields, name)
        elif attribute is not None:
            what, help = "an argument", f"write {type} = …"
            if attribute.read_only:
                what, help = "a read-only attribute", "remove it"
            message = f"{name} of {self.subject} is {what}, but is written as a block"
            yield from self._report(UNKNOWN_BLOCK, message, location, help)
        else:
            yield from self._unknown(UNKNOWN_BLOCK, "block type", name, location, _settable(schema))

    def _fields(self, body: Body, fields: Mapping[str, Type], path: str) -> Iterator[Finding]:
        """Check a block that stands for an object, whose attributes are all optional."""
        for attribute in body.attributes:
            if attribute.name not in fields:
                name, location = f"{path}.{attribute.name}", attribute.at(self.file)
                yield from self._unknown(UNKNOWN_ATTRIBUTE, "argument", name, location, fields)
            else:
                type = fields[attribute.name]
                yield from self._mismatches(attribute.value, type, f"{path}.{attribute.name}")

    def _mismatches(self, value: Expression, type: Type, name: str) -> Iterator[Finding]:
        for node, required, actual in mismatches(value, type):
            message = (
                f"inappropriate value for {name} of {self.subject}: {required} is required, not {actual}"
            )
            help = f"write {_EXAMPLES.get(required, required)}"
            yield from self._report(WRONG_TYPE, message, node.at(self.file), help)

    def _missing(
        self,
        block: Block,
        given: Mapping[str, Attribute],
        blocks: set[str],
        counts: Mapping[str, int],
        loops: set[str],
        schema: BlockSchema,
        path: str,
    ) -> Iterator[Finding]:
        for name in schema.attributes:
            known = schema.attribute(name)
            if known and known.required and name not in given and name not in blocks:
                message = f"missing required argument {path}{name} in {self.subject}"
                yield from self._report(MISSING_ATTRIBUTE, message, block.at(self.file), f"set {name}")
        for name in schema.blocks:
            nested = schema.nested(name)
            if nested and nested.min_items and name not in loops and counts.get(name, 0) < nested.min_items:
                if name in given:
                    continue
                message = f"missing required block {path}{name} in {self.subject}"
                if nested.min_items > 1:
                    message += f": at least {nested.min_items} are required"
                yield from self._report(MISSING_BLOCK, message, block.at(self.file), f"add {name} {{ … }}")

    def _report(
        self, kind: FindingKind, message: str, location: Location, help: str | None = None
    ) -> Iterator[Finding]:
        """Report a violation of the schema if the module accepts the snapshot's version."""
        if self.strict:
            yield kind.found(message, help, at=location)

    def _unknown(
        self, kind: FindingKind, what: str, path: str, location: Location, known: Iterable[str]
    ) -> Iterator[Finding]:
        if self.strict:
            message = f"unsupported {what} {path} in {self.subject}"
            yield from self.checker.unknown(self.subject, path, location, message, known, kind)


def _settable(schema: BlockSchema) -> Iterator[str]:
    """The names that a configuration may set in a block, so no read-only attributes."""
    for name in schema.attributes:
        known = schema.attribute(name)
        if known and not known.read_only:
            yield name
    yield from schema.blocks


def _is_empty_block_list(value: Expression) -> bool:
    """Whether a value is ``[]``, which sets a computed block type to no blocks."""
    return isinstance(value, Tuple) and not value.items
