"""Level 4: check the values of arguments, and their combinations, against what the AWS provider accepts.

Only values that the text determines are checked. `terraform validate` knows neither the inputs of modules nor the
instances of repeated blocks, but `terraform plan` does, so each resource is checked once as written, and once for each
instance that a plan certainly has.

The provider validates no nested block in which a value is unknown: a finding there is a warning.
Source: isWhollyKnown in https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/schema/schema.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ticketgen.aws.instance_types import INSTANCE_TYPES, NamedTypes, similar_types
from ticketgen.aws.provider.accepted_values import accepted_values
from ticketgen.aws.provider.combinations import argument_combinations
from ticketgen.aws.provider.schema import AWS_VERSION, AWS_VERSION_6, BlockSchema, Type, schema_of
from ticketgen.aws.provider.value_rules import ValueRule, violation
from ticketgen.escaping import quoted
from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import REJECTED_VALUE, UNKNOWN_INSTANCE_TYPE
from ticketgen.guesses import Guesses
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances, nested_blocks
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Attribute, Block, Literal
from ticketgen.hcl.values import UNKNOWN_LOOP, EvaluationContext, is_known
from ticketgen.verification.accepted_versions import AcceptedVersions, required_sources
from ticketgen.verification.argument_combinations import KNOWN_PROVIDER, BlockArguments
from ticketgen.verification.block_numbers import block_numbers
from ticketgen.verification.converted_values import as_type
from ticketgen.wording import join_words

__all__ = ["check_values"]

_MAX_INSTANCES = 50
"""How many instances of a resource are checked."""
_MAX_SIMILAR = 12  # instance types in a help
_MAX_SHOWN = 60  # characters of a value in a message
_LATER = "AWS provider 6"
_DIGITS = re.compile(r"\d++")
_FORMATS = frozenset({"address", "arn", "base64", "cidr", "duration", "json", "time"})
"""The kinds of rules that no version of the provider changes."""
_TIMEOUT: tuple[ValueRule, ...] = (["duration"],)
"""What a plan accepts in ``timeouts``, of every type:
https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/schema/resource_timeout.go."""


def check_values(
    configuration: Configuration, versions: Mapping[str, AcceptedVersions], guesses: Guesses
) -> Iterator[Finding]:
    """Yield a finding for each value, and for each combination of arguments, that the provider rejects."""
    values = Evaluator(budget=configuration.budget)
    checked = {
        folder: _Values(
            module, values, guesses, version, is_pinned=AWS_VERSION_6 not in versions[folder].snapshots
        )
        for folder, module in configuration.modules.items()
        if (version := _judging_version(module, versions[folder])) is not None
    }
    found: dict[tuple[object, str], Finding] = {}
    for folder, module in checked.items():
        for finding in module.as_written():
            found.setdefault((finding.location, finding.message), finding)
        for scope in configuration.scopes[folder]:
            for finding in module.as_planned(scope):
                found.setdefault((finding.location, finding.message), finding)
    yield from found.values()


def _judging_version(module: Module, accepted: AcceptedVersions) -> str | None:
    """How messages call the version of the provider that judges a module; None if nothing is known of it."""
    source, _ = required_sources(module).get("aws", ("hashicorp/aws", None))
    if source != "hashicorp/aws":
        return None
    if AWS_VERSION in accepted.snapshots:
        return KNOWN_PROVIDER
    return _LATER if AWS_VERSION_6 in accepted.snapshots else None


class _Values:
    """The checks of one module."""

    def __init__(
        self, module: Module, values: Evaluator, guesses: Guesses, version: str, *, is_pinned: bool
    ) -> None:
        self.version = version
        self.is_pinned = is_pinned
        self.module = module
        self.values = values
        self.guesses = guesses

    def as_written(self) -> Iterator[Finding]:
        """Check what `terraform validate` knows: no input, and no instance."""
        where = EvaluationContext(Scope(self.module), UNKNOWN_LOOP)
        for declared in self.module.resources:
            yield from self._resource(declared, where, only_computed=False)
        for declared in self.module.provider_blocks:
            if declared.block.labels[0] == "aws":
                yield from _Body(self, declared.file, "provider", "aws").check(declared.block, where)

    def as_planned(self, scope: Scope) -> Iterator[Finding]:
        """Check the instances that a plan certainly has, in a module that is called exactly once from there."""
        if any(
            each.call is not None and any(map(each.call.value, ("count", "for_each"))) for each in scope.chain
        ):
            return
        for declared in self.module.resources:
            repeated = any(map(declared.value, ("count", "for_each")))
            if scope.call is None and not repeated:
                continue
            typed = declared.address.kind, declared.type
            if (
                not accepted_values(*typed)
                and not argument_combinations(*typed)
                and typed[1] not in INSTANCE_TYPES
            ):
                continue
            for where in islice(instances(self.values, declared, scope), _MAX_INSTANCES):
                if not (repeated and where.bound is UNKNOWN_LOOP):
                    yield from self._resource(declared, where, only_computed=True)

    def _resource(
        self, declared: Declaration, where: EvaluationContext, *, only_computed: bool
    ) -> Iterator[Finding]:
        body = _Body(self, declared.file, declared.address.kind, declared.type, only_computed=only_computed)
        yield from body.check(declared.block, where)


class _Body:
    """The checks of one block and the blocks in it.

    Args:
        only_computed: whether to skip literals, which another pass checks.
    """

    def __init__(
        self, owner: _Values, file: str, kind: str, type: str, *, only_computed: bool = False
    ) -> None:
        self.values = owner.values
        self.guesses = owner.guesses
        self.file = file
        self.subject = {"resource": type, "provider": f"provider {type}"}.get(kind, f"{kind}.{type}")
        self.schema = schema_of(kind, type)
        self.provider = owner.version
        self.is_pinned = owner.is_pinned
        self.rules = accepted_values(kind, type)
        self.combinations = argument_combinations(kind, type)
        if owner.version == _LATER:  # it may have more choices, longer texts and other arguments
            self.rules = {
                path: [rule for rule in rules if rule[0] in _FORMATS] for path, rules in self.rules.items()
            }
            self.combinations = {}
        self.instance_types = INSTANCE_TYPES.get(type, {}) if kind == "resource" else {}
        self.ruled = (*self.rules, *self.combinations, *self.instance_types)
        self.only_computed = only_computed

    def check(self, block: Block, where: EvaluationContext) -> Iterator[Finding]:
        """Check a top-level block."""
        timeouts = self.schema.nested("timeouts") if self.schema and block.blocks("timeouts") else None
        if timeouts is not None:
            self.rules = {
                **self.rules,
                **{f"timeouts.{name}": _TIMEOUT for name in timeouts.block.attributes},
            }
            self.ruled = (*self.rules, *self.combinations, *self.instance_types)
        if self.schema is not None and (self.ruled or block.blocks("dynamic")):
            yield from self._block(block, where, self.schema, "", Severity.ERROR)

    def _block(
        self, block: Block, where: EvaluationContext, schema: BlockSchema, prefix: str, severity: Severity
    ) -> Iterator[Finding]:
        if prefix in self.combinations:
            arguments = BlockArguments(
                self.values,
                self.file,
                f"{prefix.rstrip('.')} of {self.subject}" if prefix else self.subject,
                block,
                where,
                is_validation=not self.only_computed,
            )
            yield from arguments.check(self.combinations[prefix], severity)
        for attribute in block.body.attributes:
            path = f"{prefix}{attribute.name}"
            rules = self.rules.get(path, ())
            known = schema.attribute(attribute.name) if rules or path in self.instance_types else None
            if known is not None:
                for value in self._known_values(attribute, where, known.type):
                    yield from self._value(attribute, value, rules, path, severity)
        yield from self._objects(block, where, schema, prefix, severity)
        if not self.only_computed and self.provider != _LATER:
            yield from block_numbers(self.values, block, where, schema, (prefix, self.subject, self.file))
        for name in schema.blocks:
            below = f"{prefix}{name}."
            nested = schema.nested(name)
            if nested is None or not any(path.startswith(below) for path in self.ruled):
                continue
            inner = list(nested_blocks(self.values, block, name, where))
            certain = severity
            if severity is Severity.ERROR and not prefix and not self._is_known_block(block, name, where):
                certain = Severity.WARNING
            for each, context in inner:
                yield from self._block(each, context, nested.block, below, certain)

    def _objects(
        self, block: Block, where: EvaluationContext, schema: BlockSchema, prefix: str, severity: Severity
    ) -> Iterator[Finding]:
        """Check the objects in arguments that may also be written as blocks, such as the rules of a security group."""
        below = {path[len(prefix) :].partition(".")[0] for path in self.rules if path.startswith(prefix)}
        for name in sorted(below - schema.blocks.keys()):
            known = schema.attribute(name)
            if known is None or known.fields is None:
                continue
            for inner, context in nested_blocks(self.values, block, name, where):
                for attribute in inner.body.attributes:
                    path = f"{prefix}{name}.{attribute.name}"
                    if attribute.name in known.fields and path in self.rules:
                        for value in self._known_values(attribute, context, known.fields[attribute.name]):
                            yield from self._value(attribute, value, self.rules[path], path, severity)
            written = block.attribute(name)
            objects = self.values.of(written.value, where) if written is not None else None
            for each in objects if isinstance(objects, list) else ():
                for field, found in each.items() if isinstance(each, dict) else ():
                    path = f"{prefix}{name}.{field}"
                    if (
                        written is not None
                        and field in known.fields
                        and path in self.rules
                        and is_known(found)
                    ):
                        for value in as_type(found, known.fields[field]):
                            yield from self._value(written, value, self.rules[path], path, severity)

    def _is_known_block(self, block: Block, name: str, where: EvaluationContext) -> bool:
        """Whether all nested blocks of a type are known, with all their values."""
        loops = [
            inner.attribute("for_each")
            for inner in block.blocks()
            if inner.type == "dynamic" and inner.labels == (name,)
        ]
        if not all(loop is not None and is_known(self.values.of(loop.value, where)) for loop in loops):
            return False
        return all(
            self._is_known(each, context) for each, context in nested_blocks(self.values, block, name, where)
        )

    def _is_known(self, block: Block, where: EvaluationContext) -> bool:
        if not all(is_known(self.values.of(each.value, where)) for each in block.body.attributes):
            return False
        names = {
            inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type
            for inner in block.blocks()
        }
        return all(self._is_known_block(block, name, where) for name in sorted(names))

    def _known_values(
        self, attribute: Attribute, where: EvaluationContext, type: Type
    ) -> Iterator[str | float]:
        """The value of an argument, or its elements, as Terraform converts them."""
        if self.only_computed and isinstance(attribute.value, Literal):
            return
        value = self.values.of(attribute.value, where)
        if is_known(value):
            yield from as_type(value, type)

    def _value(
        self,
        attribute: Attribute,
        value: str | float,
        rules: Sequence[ValueRule],
        path: str,
        severity: Severity,
    ) -> Iterator[Finding]:
        at = attribute.value.at(self.file)
        for rule in rules:
            broken = violation(rule, value)
            if broken is not None:
                reason, help = broken
                message = (
                    f"{path} of {self.subject} is {_shown(value)}, which {self.provider} rejects: {reason}"
                )
                if not self.is_pinned and _is_another_release(rule, value):
                    severity = Severity.WARNING  # provider 6 may know it
                yield REJECTED_VALUE.found(
                    message, self._closest(rule, value) or help, at=at, severity=severity
                )
                return
        if path in self.instance_types and isinstance(value, str):
            similar = similar_types(value, self.instance_types[path])
            if similar is not None:
                yield UNKNOWN_INSTANCE_TYPE.found(
                    f"{path} of {self.subject} is {_shown(value)}, which is no instance type that is known",
                    self._similar_type(value, self.instance_types[path], similar),
                    at=at,
                )

    def _similar_type(self, value: str, named: NamedTypes, similar: Sequence[str]) -> str:
        """The help that names the closest instance type, or all of a small family."""
        whole = f"{named.prefix}{value.removeprefix(named.prefix).removesuffix(named.suffix)}{named.suffix}"
        closest = self.guesses.most_similar(whole.split("."), {each: each.split(".") for each in similar})
        if closest:
            return f"did you mean {closest}?"
        if 0 < len(similar) <= _MAX_SIMILAR:
            return f"write {join_words(similar, 'or')}"
        return "write an instance type that AWS offers"

    def _closest(self, rule: ValueRule, value: str | float) -> str:
        """The help that names the closest choice; "" if there is none."""
        if rule[0] != "one of" or not isinstance(value, str):
            return ""
        return self.guesses.did_you_mean(value, [each for each in rule[1] if isinstance(each, str)])


def _is_another_release(rule: ValueRule, value: str | float) -> bool:
    """Whether a value is a choice but for its digits, such as a newer runtime."""
    if rule[0] != "one of" or not isinstance(value, str):
        return False
    without = _DIGITS.sub("0", value)
    return any(isinstance(each, str) and _DIGITS.sub("0", each) == without for each in rule[1])


def _shown(value: str | float) -> str:
    if not isinstance(value, str):
        return str(value)
    return quoted(value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}…")
