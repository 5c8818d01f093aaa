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
from functools import cache
from itertools import islice

from ticketgen.aws.instance_types import INSTANCE_TYPES, NamedTypes, similar_types
from ticketgen.aws.provider.accepted_values import accepted_values
from ticketgen.aws.provider.combinations import argument_combinations
from ticketgen.aws.provider.schema import AWS_VERSION, AWS_VERSION_6, BlockSchema, Type, schema_of
from ticketgen.aws.provider.value_rules import ValueRule, violation
from ticketgen.escaping import quoted
from ticketgen.findings import Finding, Severity, TextEdit
from ticketgen.findings.verification import REJECTED_VALUE, UNKNOWN_INSTANCE_TYPE
from ticketgen.guesses import Guesses
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances, nested_blocks
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Attribute, Block, Literal, Tuple
from ticketgen.hcl.values import UNKNOWN_LOOP, EvaluationContext, is_known
from ticketgen.verification.accepted_versions import AcceptedVersions, required_sources
from ticketgen.verification.argument_combinations import KNOWN_PROVIDER, BlockArguments
from ticketgen.verification.block_numbers import block_numbers
from ticketgen.verification.converted_values import converted_values
from ticketgen.verification.corrections import Correction, obvious_choice, quoted_edit
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
            if not _type_rules(declared.address.kind, declared.type, is_later=self.version == _LATER).exist:
                continue
            for where in islice(instances(self.values, declared, scope), _MAX_INSTANCES):
                if not (repeated and where.bound is UNKNOWN_LOOP):
                    yield from self._resource(declared, where, only_computed=True)

    def _resource(
        self, declared: Declaration, where: EvaluationContext, *, only_computed: bool
    ) -> Iterator[Finding]:
        body = _Body(self, declared.file, declared.address.kind, declared.type, only_computed=only_computed)
        yield from body.check(declared.block, where)


class _TypeRules:
    """What the provider requires of the arguments of a type.

    Args:
        is_later: whether a later version judges, which may have more choices, longer texts and other arguments.
    """

    def __init__(self, kind: str, type: str, *, is_later: bool) -> None:
        self.schema = schema_of(kind, type)
        self.values = accepted_values(kind, type)
        self.combinations = argument_combinations(kind, type)
        if is_later:
            self.values = {
                path: [rule for rule in rules if rule[0] in _FORMATS] for path, rules in self.values.items()
            }
            self.combinations = {}
        self.instance_types = INSTANCE_TYPES.get(type, {}) if kind == "resource" else {}
        timeouts = self.schema.nested("timeouts") if self.schema else None
        if timeouts is not None:
            durations = {f"timeouts.{name}": _TIMEOUT for name in timeouts.block.attributes}
            self.values = {**self.values, **durations}
        paths = dict.fromkeys((*self.values, *self.combinations, *self.instance_types))
        self.exist = bool(paths)
        self.below: dict[str, dict[str, None]] = {}
        """The names with rules for them or in them, by the path of the block around them, with a dot at its end."""
        for path in paths:
            prefix = ""
            for name in path.split("."):
                self.below.setdefault(prefix, {})[name] = None
                prefix += f"{name}."


_type_rules = cache(_TypeRules)


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
        self.provider = owner.version
        self.is_pinned = owner.is_pinned
        self.rules = _type_rules(kind, type, is_later=owner.version == _LATER)
        self.only_computed = only_computed

    def check(self, block: Block, where: EvaluationContext) -> Iterator[Finding]:
        """Check a top-level block."""
        if self.rules.schema is not None and (self.rules.exist or block.blocks("dynamic")):
            yield from self._block(block, where, self.rules.schema, "", Severity.ERROR)

    def _block(
        self, block: Block, where: EvaluationContext, schema: BlockSchema, prefix: str, severity: Severity
    ) -> Iterator[Finding]:
        if prefix in self.rules.combinations:
            arguments = BlockArguments(
                self.values,
                self.file,
                f"{prefix.rstrip('.')} of {self.subject}" if prefix else self.subject,
                block,
                where,
                is_validation=not self.only_computed,
            )
            yield from arguments.check(self.rules.combinations[prefix], severity)
        for attribute in block.body.attributes:
            path = f"{prefix}{attribute.name}"
            rules = self.rules.values.get(path, ())
            known = schema.attribute(attribute.name) if rules or path in self.rules.instance_types else None
            if known is not None:
                for value in self._known_values(attribute, where, known.type):
                    yield from self._value(attribute, value, rules, path, severity)
        yield from self._objects(block, where, schema, prefix, severity)
        if not self.only_computed and self.provider != _LATER:
            yield from block_numbers(self.values, block, where, schema, (prefix, self.subject, self.file))
        for name in dict.fromkeys(each.effective_type for each in block.body.blocks):
            below = f"{prefix}{name}."
            nested = schema.nested(name) if below in self.rules.below else None
            if nested is None:
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
        rules = self.rules.values
        for name in self.rules.below.get(prefix, ()):
            known = schema.attribute(name)
            if known is None or known.fields is None:  # a block, which `_block` checks
                continue
            for inner, context in nested_blocks(self.values, block, name, where):
                for attribute in inner.body.attributes:
                    path = f"{prefix}{name}.{attribute.name}"
                    if attribute.name in known.fields and path in rules:
                        for value in self._known_values(attribute, context, known.fields[attribute.name]):
                            yield from self._value(attribute, value, rules[path], path, severity)
            written = block.attribute(name)
            objects = self.values.of(written.value, where) if written is not None else None
            for each in objects if isinstance(objects, list) else ():
                for field, found in each.items() if isinstance(each, dict) else ():
                    path = f"{prefix}{name}.{field}"
                    if written is not None and field in known.fields and path in rules and is_known(found):
                        for value in converted_values(found, known.fields[field]):
                            yield from self._value(written, value, rules[path], path, severity)

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
        names = {inner.effective_type for inner in block.blocks()}
        return all(self._is_known_block(block, name, where) for name in sorted(names))

    def _known_values(
        self, attribute: Attribute, where: EvaluationContext, type: Type
    ) -> Iterator[str | float]:
        """The value of an argument, or its elements, as Terraform converts them."""
        if self.only_computed and isinstance(attribute.value, Literal):
            return
        value = self.values.of(attribute.value, where)
        if is_known(value):
            yield from converted_values(value, type)

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
                closest, edits = self._closest(rule, value, attribute)
                yield REJECTED_VALUE.found(message, closest or help, at=at, severity=severity, edits=edits)
                return
        named = self.rules.instance_types.get(path)
        if named is not None and isinstance(value, str):
            similar = similar_types(value, named)
            if similar is not None:
                yield UNKNOWN_INSTANCE_TYPE.found(
                    f"{path} of {self.subject} is {_shown(value)}, which is not a known instance type",
                    self._similar_type(value, named, similar),
                    at=at,
                    edits=self._rewritten(attribute, value, obvious_choice(value, similar)),
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

    def _closest(self, rule: ValueRule, value: str | float, attribute: Attribute) -> Correction:
        """The closest choice; no help if there is none."""
        if rule[0] != "one of" or not isinstance(value, str):
            return Correction("")
        choices = [each for each in rule[1] if isinstance(each, str)]
        meant = obvious_choice(value, choices)
        if meant:
            return Correction(f"did you mean {meant}?", self._rewritten(attribute, value, meant))
        return Correction(self.guesses.did_you_mean(value, choices))

    def _rewritten(self, attribute: Attribute, value: str, meant: str) -> tuple[TextEdit, ...]:
        """The edit that writes another value, if the attribute contains the present one as it is."""
        written = attribute.value
        nodes = written.items if isinstance(written, Tuple) else (written,)
        literals = [each for each in nodes if isinstance(each, Literal) and each.value == value]
        return quoted_edit(literals[0], meant, self.file) if meant and len(literals) == 1 else ()


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
