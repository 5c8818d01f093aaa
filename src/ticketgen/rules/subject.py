"""The input of all rules: a configuration with its values and origins."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from ticketgen.findings import Location
from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances, nested_blocks
from ticketgen.hcl.origins import Origins
from ticketgen.hcl.syntax import Attribute, Block, Expression, Node, Reference
from ticketgen.hcl.traversal import locate
from ticketgen.hcl.values import EvaluationContext, PartialText, ResourceReference, Value, is_known
from ticketgen.rules.step_limit import StepLimit

__all__ = ["BlockInstance", "Subject", "UnseenCode"]

T = TypeVar("T")
UnseenCode: TypeAlias = tuple[dict[str, set[Location]], dict[int, Any], dict[int, Any]]
"""Code that the rules do not see, as `Subject` keeps it."""

_MAX_INSTANCES = 50_000
"""Limit of instances of resources, in all scopes together."""
_MAX_STEPS = 1_000_000
"""Limit of resources, calls and other objects that one rule visits; a rule may visit each more than once."""


@dataclass(frozen=True, slots=True)
class BlockInstance:
    """An instance of a resource in one scope, or of a block inside the resource.

    Attributes:
        subject: the configuration.
        declared: the declaration of the resource.
        block: the block of the resource, or a nested block.
        where: the environment in which the expressions are evaluated.
    """

    subject: Subject
    declared: Declaration
    block: Block
    where: EvaluationContext

    @property
    def scope(self) -> Scope:
        """The scope of the resource."""
        return self.where.scope

    @property
    def address(self) -> Address:
        """The address of the resource, without its module."""
        return self.declared.address

    @property
    def location(self) -> Location:
        """The start of the block."""
        return self.block.at(self.declared.file)

    def has(self, name: str) -> bool:
        """Whether the block contains an attribute or a block of that name."""
        return self.block.attribute(name) is not None or bool(self.nested_blocks(name))

    def expression(self, name: str) -> Expression | None:
        """The expression of an attribute; None if it is not set."""
        attribute = self.block.attribute(name)
        return attribute.value if attribute else None

    def value(self, name: str) -> Value:
        """The value of an attribute, if it is certain; None if it is null or not set."""
        return self.subject.charge(self.subject.values.resolved(self.expression(name), self.where))

    @property
    def _assumed(self) -> Evaluator:
        """The evaluator with defaults; without them if the resource does not exist with them, as with ``count = 0``."""
        exists = self.subject.exists_with_defaults(self.declared, self.where.scope)
        return self.subject.assumed if exists else self.subject.values

    def value_with_defaults(self, name: str) -> Value:
        """The value of an attribute if the root module's variables have their defaults.

        Where the resource does not exist with these, only values that do not depend on them are known.
        """
        return self.subject.charge(self._assumed.resolved(self.expression(name), self.where))

    def evaluate_with_defaults(self, expression: Expression) -> Value:
        """The value of an expression in the block, as in `value_with_defaults`."""
        return self.subject.charge(self._assumed.resolved(expression, self.where))

    def text_with_defaults(self, name: str) -> str:
        """The text of an attribute as in `value_with_defaults`, with a question mark for each unknown part."""
        values = self._assumed
        value = values.of(self.expression(name), self.where)
        parts = values.parts(value) if isinstance(value, PartialText) else (value,)
        return "".join(each if isinstance(each, str) else "?" for each in parts)

    def link(self, name: str) -> ResourceReference | None:
        """The resource that an attribute refers to."""
        value = self.subject.values.of(self.expression(name), self.where)
        return value if isinstance(value, ResourceReference) else None

    @property
    def is_conditional(self) -> bool:
        """Whether it is unknown if, or how often, the resource is created: its ``count`` or ``for_each`` is unknown."""
        loop = self.where.bound.get("each") or self.where.bound.get("count") or {}
        return isinstance(loop, dict) and not is_known([loop.get("key"), loop.get("index")])

    def nested_blocks(self, type: str) -> list[BlockInstance]:
        """The nested blocks of a type."""
        return [
            BlockInstance(self.subject, self.declared, block, where)
            for block, where in nested_blocks(self.subject.values, self.block, type, self.where)
        ]

    def attributes_named(self, word: str) -> Iterator[tuple[BlockInstance, Attribute]]:
        """The attributes with a word in their name, of the block and of those directly in it, each with its block."""
        for attribute in self.block.body.attributes:
            if word in attribute.name:
                yield self, attribute
        types = set()
        for block in self.block.blocks():
            bodies = block.blocks("content") if block.type == "dynamic" else (block,)
            if any(word in each.name for body in bodies for each in body.body.attributes):
                types.add(block.labels[0] if block.type == "dynamic" and block.labels else block.type)
        for type in sorted(types):  # no others, because it evaluates the loops that generate them
            for nested in self.nested_blocks(type):
                for attribute in nested.block.body.attributes:
                    if word in attribute.name:
                        yield nested, attribute

    def ignored_changes(self) -> frozenset[str]:
        """The attributes in ``ignore_changes``; all that are set, for ``all``."""
        names: set[str] = set()
        for lifecycle in self.declared.block.blocks("lifecycle"):
            attribute = lifecycle.attribute("ignore_changes")
            items = getattr(attribute.value, "items", ()) if attribute else ()
            names.update(item.root for item in items if isinstance(item, Reference))
            if isinstance(getattr(attribute, "value", None), Reference):
                names.update(each.name for each in self.declared.block.body.attributes)
        return frozenset(names)

    def loops(self, type: str) -> bool:
        """Whether a ``dynamic`` block generates nested blocks of a type.

        Then their number may be unknown.
        """
        return any(inner.type == "dynamic" and inner.labels == (type,) for inner in self.block.blocks())

    def at(self, node: str | Node | None) -> Location:
        """The location of a node or an attribute, or else the start of the block."""
        if isinstance(node, str):
            node = self.block.attribute(node)
        return self.location if node is None else node.at(self.declared.file)


class Subject:
    """A configuration under check."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        budget = configuration.budget
        self.values = Evaluator(budget=budget)
        self.assumed = Evaluator(assume_defaults=True, budget=budget)
        self.origins = Origins(budget)
        self.skipped: dict[tuple[Location, str], None] = {}
        """Location and description of code that was not checked."""
        self._unseen: dict[str, set[Location]] = {}
        self._steps = StepLimit(_MAX_STEPS)
        self._memo: dict[Hashable, Any] = {}

    def reset_steps(self) -> None:
        """Start counting the steps of a rule."""
        self._steps = StepLimit(_MAX_STEPS)

    def spend(self, steps: int = 1) -> None:
        """Count steps of a rule.

        Raises:
            StepLimitReached: the rule has taken too many steps.
        """
        self._steps.spend(steps)

    def charge(self, value: Value) -> Value:
        """Count the size of a value as steps, because several resources may share it."""
        if isinstance(value, str):
            self.spend(len(value) // 100)
        elif isinstance(value, list | dict):
            self.spend(len(value))
        return value

    def note_skipped(self, location: Location, what: str) -> None:
        """Record that something is not checked; the text has no full stop."""
        self.skipped.setdefault((location, what))

    def note_unseen(self, location: Location, what: str) -> None:
        """Record that the rules cannot read some code because of its form.

        Args:
            location: the location of the code.
            what: a noun phrase in the plural.
        """
        self._unseen.setdefault(what, set()).add(location)

    def unseen_so_far(self) -> UnseenCode:
        """What `unseen_parts` knows, for `restore_unseen`."""
        noted = {what: set(locations) for what, locations in self._unseen.items()}
        return noted, dict(self.values.not_computed), dict(self.assumed.not_computed)

    def restore_unseen(self, before: UnseenCode) -> None:
        """Forget the code that was not seen since then."""
        self._unseen, values, assumed = before
        for evaluator, known in ((self.values, values), (self.assumed, assumed)):
            evaluator.not_computed.clear()
            evaluator.not_computed.update(known)

    def unseen_parts(self) -> Iterator[tuple[str, int, Location]]:
        """Descriptions of unseen code, each with the number of locations and the first."""
        found = {what: set(locations) for what, locations in self._unseen.items()}
        for values in (self.values, self.assumed):
            entries = values.not_computed.values()
            for expression, location in locate((scope.module.files, each) for scope, each, _ in entries):
                found.setdefault(values.not_computed[id(expression)][2], set()).add(location)
        for what, locations in sorted(found.items()):
            yield what, len(locations), min(locations)

    def memoized(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of a function, which is called once for each key."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Every scope of every module whose files could all be read."""
        return tuple(scope for scope in self.configuration.all_scopes() if scope.module.complete)

    def resources(self, *types: str) -> Iterator[BlockInstance]:
        """Every known instance of the managed resources of some types, in every scope."""
        for type in types:
            for found in self._by_type.get(("resource", type), ()):
                self.spend()
                yield found

    def data(self, *types: str) -> Iterator[BlockInstance]:
        """Every known instance of the data sources of some types, in every scope."""
        for type in types:
            for found in self._by_type.get(("data", type), ()):
                self.spend()
                yield found

    def all_resources(self) -> Iterator[BlockInstance]:
        """Every known instance of all managed resources, in every scope."""
        for (kind, _), found in self._by_type.items():
            if kind == "resource":
                self.spend(len(found))
                yield from found

    @cached_property
    def _by_type(self) -> dict[tuple[str, str], list[BlockInstance]]:
        by_type: dict[tuple[str, str], list[BlockInstance]] = {}
        for count, found in enumerate(self._instances()):
            if count == _MAX_INSTANCES:
                self.note_skipped(
                    found.location, f"the rules look at {_MAX_INSTANCES:,} instances of resources at most"
                )
                break
            by_type.setdefault((found.block.type, found.declared.type), []).append(found)
        return by_type

    def first_instance(self, link: ResourceReference) -> BlockInstance | None:
        """The first instance of the resource that a link leads to; None if it has none."""
        where = next(instances(self.values, link.resource, link.scope), None)
        return BlockInstance(self, link.resource, link.resource.block, where) if where else None

    def exists_with_defaults(self, declared: Declaration, scope: Scope) -> bool:
        """Whether a resource has an instance if the root module's variables have their defaults; True if unknown."""
        return self.memoized(("exists", declared, scope), lambda: self._exists(declared, scope))

    def _exists(self, declared: Declaration, scope: Scope) -> bool:
        if any(declared.value(name) is not None for name in ("count", "for_each")) and not any(
            True for _ in instances(self.assumed, declared, scope)
        ):
            return False
        call, caller = scope.call, scope.caller
        return call is None or caller is None or self.exists_with_defaults(call, caller)

    def _instances(self) -> Iterator[BlockInstance]:
        for scope in self.scopes:
            for declared in scope.module.resources:
                if declared.address.kind in {"resource", "data"}:
                    for where in instances(self.values, declared, scope):
                        yield BlockInstance(self, declared, declared.block, where)
