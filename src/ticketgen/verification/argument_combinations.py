"""Level 4: check which arguments of a block are set together against what the AWS provider accepts.

As in Terraform, an argument that is null is not set, and one that is unknown may be null. An empty text or list is set.
Source: validateConflictingAttributes and its neighbors in
https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/schema/schema.go
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from ticketgen.aws.provider.schema import AWS_VERSION
from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import CONFLICTING_ARGUMENTS
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import nested_blocks
from ticketgen.hcl.syntax import Attribute, Block, Reference
from ticketgen.hcl.values import EvaluationContext, is_known
from ticketgen.wording import join_words

__all__ = ["KNOWN_PROVIDER", "BlockArguments"]

KNOWN_PROVIDER = f"AWS provider {'.'.join(map(str, AWS_VERSION))}"
"""How messages call the version of the provider that the rules are from."""


class _State(Enum):
    """Whether an argument or block is set."""

    ABSENT = "absent"
    UNKNOWN = "unknown"  # it may be null
    PARTIAL = "partial"  # it is set, with unknown values in it
    KNOWN = "known"


class BlockArguments:
    """The arguments that one block sets.

    Args:
        values: evaluates the arguments.
        file: the block's file.
        subject: what the messages call the block.
        block: the block.
        where: the environment of the block.
        is_validation: whether the environment is that of ``terraform validate``, to which all inputs are unknown.
    """

    def __init__(
        self,
        values: Evaluator,
        file: str,
        subject: str,
        block: Block,
        where: EvaluationContext,
        *,
        is_validation: bool,
    ) -> None:
        self.values = values
        self.file = file
        self.subject = subject
        self.block = block
        self.where = where
        self.is_validation = is_validation
        self._reported: set[frozenset[str]] = set()
        self._missing: list[tuple[str, ...]] = []
        self._states: dict[str, _State] = {}
        self._names = {each.name for each in block.body.attributes}
        self._names.update(each.effective_type for each in block.body.blocks)

    def check(self, rules: Sequence[Sequence[str]], severity: Severity) -> Iterator[Finding]:
        """Yield a finding for each rule that the arguments break.

        Rules that require one of several arguments and overlap, such as those of ``ami``, ``instance_type`` and
        ``launch_template``, make one finding: one argument may meet all of them.
        """
        self._missing.clear()
        for kind, argument, *others in rules:
            if kind in _OF_SET_ARGUMENTS and argument.partition(".")[0] not in self._names:
                continue
            parent = argument.rpartition(".")[0]
            if parent and self._state(parent) is not _State.KNOWN:
                continue
            broken = _CHECKS[kind](self, argument, others)
            if broken is not None:
                message, help, found = broken
                at = found.at(self.file) if found is not None else self.block.at(self.file)
                yield CONFLICTING_ARGUMENTS.found(f"{self.subject} {message}", help, at=at, severity=severity)
        for groups in _overlapping(self._missing):
            names = ", and ".join(map(_any, groups))
            wanted = "one of them" if len(groups) == 1 else "one of each"
            message = f"{self.subject} lacks {names}: {KNOWN_PROVIDER} requires {wanted}"
            at = self.block.at(self.file)
            yield CONFLICTING_ARGUMENTS.found(message, f"set {names}", at=at, severity=severity)

    def _state(self, path: str) -> _State:
        if path not in self._states:
            is_written = path.partition(".")[0] in self._names
            self._states[path] = (
                _state(self.values, self.block, path, self.where) if is_written else _State.ABSENT
            )
        return self._states[path]

    def _attribute(self, path: str) -> Attribute | Block | None:
        """What sets an argument; None if it is in a nested block."""
        found = self.block.attribute(path)
        if found is not None:
            return found
        return next(
            (each for each in self.block.blocks() if path in (each.type, *each.labels[:1])),
            None,
        )

    def conflict(
        self, argument: str, others: Sequence[str]
    ) -> tuple[str, str, Attribute | Block | None] | None:
        """Whether the argument is set with one of the others."""
        if self._state(argument) is not _State.KNOWN:
            return None
        found = [
            each
            for each in others
            if self._state(each) in (_State.KNOWN, _State.PARTIAL) and {argument, each} not in self._reported
        ]
        if not found:
            return None
        self._reported |= {frozenset({argument, each}) for each in found}  # often, both have the rule
        message = (
            f"sets {join_words([argument, *found])}: {KNOWN_PROVIDER} rejects {argument} with {_any(found)}"
        )
        return message, f"remove {argument} or {_any(found)}", self._attribute(argument)

    def exactly_one(
        self, argument: str, others: Sequence[str]
    ) -> tuple[str, str, Attribute | Block | None] | None:
        """Whether none or several of the others are set."""
        return self.at_most_one(argument, others) or self.at_least_one(argument, others)

    def at_most_one(
        self, argument: str, others: Sequence[str]
    ) -> tuple[str, str, Attribute | Block | None] | None:
        """Whether several of the others are set."""
        states = {each: self._state(each) for each in others}
        found = [each for each, state in states.items() if state is _State.KNOWN]
        if len(found) < 2 or _State.UNKNOWN in states.values():
            return None
        message = f"sets {join_words(found)}: {KNOWN_PROVIDER} accepts only one of {join_words(others)}"
        return message, "remove all but one of them", self._attribute(found[-1])

    def at_least_one(
        self, argument: str, others: Sequence[str]
    ) -> tuple[str, str, Attribute | Block | None] | None:
        """Whether none of the others is set; several of them are noted for :meth:`check`."""
        if any(self._state(each) is not _State.ABSENT for each in others):
            return None
        if len(others) == 1:
            return f"lacks {others[0]}, which {KNOWN_PROVIDER} requires", f"set {others[0]}", None
        self._missing.append(tuple(others))
        return None

    def required_with(
        self, argument: str, others: Sequence[str]
    ) -> tuple[str, str, Attribute | Block | None] | None:
        """Whether the argument is set without one of the others."""
        state = self._state(argument)
        if state is _State.ABSENT or (state is _State.UNKNOWN and not self._is_certain(argument)):
            return None
        missing = [each for each in others if self._state(each) is _State.ABSENT]
        if not missing:
            return None
        message = f"sets {argument} without {join_words(missing)}: {KNOWN_PROVIDER} requires them together"
        return message, f"set {join_words(missing)}, or remove {argument}", self._attribute(argument)

    def _is_certain(self, argument: str) -> bool:
        """Whether the provider gets an unknown value from the argument, which counts as set."""
        attribute = self.block.attribute(argument)
        if attribute is None or not self.is_validation or not isinstance(attribute.value, Reference):
            return False
        root = attribute.value.root
        return root == "var" or root.startswith("aws_")


_OF_SET_ARGUMENTS = frozenset({"conflict", "required with"})
"""The kinds of rules that nothing breaks if the argument is not set."""
_CHECKS = {
    "conflict": BlockArguments.conflict,
    "exactly one": BlockArguments.exactly_one,
    "at least one": BlockArguments.at_least_one,
    "at most one": BlockArguments.at_most_one,
    "required with": BlockArguments.required_with,
}


def _overlapping(missing: Sequence[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    """Lists of required arguments, those that share one together, without those that another one implies."""
    found: list[list[tuple[str, ...]]] = []
    for each in dict.fromkeys(tuple(sorted(group)) for group in missing):
        if any(set(other) < set(each) for other in missing):
            continue
        shared = next((groups for groups in found if any(set(each) & set(other) for other in groups)), None)
        if shared is None:
            found.append([each])
        else:
            shared.append(each)
    return found


def _any(names: Sequence[str]) -> str:
    return join_words(names, "or")


def _state(values: Evaluator, block: Block, path: str, where: EvaluationContext) -> _State:
    name, _, rest = path.partition(".")
    attribute = block.attribute(name)
    if attribute is not None:
        value = values.of(attribute.value, where)
        if value is None:
            return _State.ABSENT
        if rest:
            return _State.UNKNOWN
        if is_known(value):
            return _State.KNOWN
        return _State.PARTIAL if isinstance(value, list | dict) else _State.UNKNOWN
    if not block.blocks():
        return _State.ABSENT
    for inner in block.blocks():
        if inner.type == "dynamic" and inner.labels == (name,):
            loop = inner.attribute("for_each")
            if loop is None or not is_known(values.of(loop.value, where)):
                return _State.UNKNOWN
    found = list(nested_blocks(values, block, name, where))
    if not found:
        return _State.ABSENT
    if rest:
        return _state(values, found[0][0], rest, found[0][1]) if len(found) == 1 else _State.UNKNOWN
    return _State.KNOWN if all(_is_known(values, *each) for each in found) else _State.PARTIAL


def _is_known(values: Evaluator, block: Block, where: EvaluationContext) -> bool:
    return all(is_known(values.of(each.value, where)) for each in block.body.attributes) and all(
        _state(values, block, name, where) is _State.KNOWN
        for name in {inner.effective_type for inner in block.blocks()}
    )
