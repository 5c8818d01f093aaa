"""Probe which arguments of a resource type force replacement, by planning changes with the provider."""

from __future__ import annotations

import copy
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from provider_plugin import Plan, Provider
from provider_values import MAX_DEPTH, OVERRIDES, based, configuration, known, proposed, value

from ticketgen.aws.provider.schema import BlockSchema, Type, schema_of

__all__ = ["probed"]

DEPTHS = {"aws_wafv2_rule_group": 1, "aws_wafv2_web_acl": 1}
"""How deep to look at types of which a single plan takes the provider more than a second."""

_MAX_LESSONS = 8
_VALID = re.compile(r"Path: (\S+)\s+Given Value: [^\n]*\s+Valid Values: \[([^\]\s][^\]]*)\]")
_INDEX = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument or block to change.

    Attributes:
        path: names, joined by dots.
        type: None for a block.
        optional: whether it may be absent.
        repeated: whether there may be more than one block.
    """

    path: str
    type: Type | None
    optional: bool
    repeated: bool = False


def arguments_of(schema: BlockSchema, depth: int, prefix: str = "") -> tuple[list[Argument], list[str]]:
    """The arguments and blocks of a block, and the paths, with a dot at the end, below which none is listed."""
    found, below = [], []
    for name, (flags, type) in schema.attributes.items():
        # A provider cannot see the change of a write-only argument.
        if ("r" in flags or "o" in flags) and "w" not in flags and f"{prefix}{name}" != "id":
            found.append(Argument(f"{prefix}{name}", type, "r" not in flags))
    for name in schema.blocks:
        nested = schema.nested(name)
        assert nested is not None
        path = f"{prefix}{name}"
        if path == "timeouts":
            continue
        repeated = nested.nesting in ("list", "set") and nested.max_items != 1
        if repeated or nested.min_items == 0:  # another number of blocks is possible
            found.append(Argument(path, None, nested.min_items == 0, repeated))
        if depth == 1:
            below.append(f"{path}.")
        else:
            inner, deeper = arguments_of(nested.block, depth - 1, f"{path}.")
            found += inner
            below += deeper
    return sorted(found, key=lambda argument: argument.path), sorted(below)


def changed(config: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy of the configuration with another value at the path, in the first block of each name."""
    copied = copy.deepcopy(config)
    *blocks, last = path.split(".")
    inner = copied
    for block in blocks:
        inner = inner[block]
        if isinstance(inner, list):
            inner = inner[0]
        elif "key" in inner:
            inner = inner["key"]
    inner[last] = new
    return copied


def read(config: dict[str, Any], path: str) -> Any:
    """The value at the path, in the first block of each name."""
    *blocks, last = path.split(".")
    holder = config
    for block in blocks:
        inner = holder[block]
        holder = inner[0] if isinstance(inner, list) else inner.get("key", inner)
    return holder[last]


class Probe:
    """Asks the provider about the arguments of one resource type."""

    def __init__(self, provider: Provider, resource: str) -> None:
        self.provider = provider
        self.resource = resource
        schema = schema_of("resource", resource)
        assert schema is not None
        self.schema = schema
        self.verdicts: dict[str, dict[str, bool | None]] = {}
        self.below: list[str] = []
        self.errors: dict[str, None] = {}
        self.marked: frozenset[str] = frozenset()
        self.states: dict[str, tuple[dict[str, Any], Plan] | None] = {}

    def state(self, config: dict[str, Any]) -> tuple[dict[str, Any], Plan] | None:
        """The state of a resource with that configuration, and the plan that changes nothing."""
        key = json.dumps(config)
        if key not in self.states:
            self.states[key] = None
            created = self.plan(None, config, config)
            for defaults in (True, False) if not created.errors else ():
                state = known(self.resource, self.schema, created.planned, defaults=defaults)
                same = self.plan(state, proposed(self.schema, config, state), config)
                if not same.errors:
                    self.states[key] = state, same
                    break
        return self.states[key]

    def plan(self, prior: dict[str, Any] | None, proposed: dict[str, Any], config: dict[str, Any]) -> Plan:
        """Plan a change, and note the errors and what the provider would replace."""
        plan = self.provider.plan(self.resource, prior, proposed, config)
        self.errors |= dict.fromkeys(plan.errors)
        if prior is None:
            self.marked |= plan.replaces
        return plan

    def replaces(self, before: dict[str, Any], after: dict[str, Any]) -> bool | None:
        """Whether a change of the configuration replaces the resource; None: no change, or no plan."""
        found = self.state(before)
        if found is None:
            return None
        state, same = found
        plan = self.plan(state, proposed(self.schema, after, state), after)
        if plan.errors or plan.planned == same.planned:
            return None
        return bool(plan.replaces - same.replaces)

    def learn(self) -> None:
        """Take the valid values of enumerations from the provider's errors."""
        for _ in range(_MAX_LESSONS):
            config = configuration(self.resource, self.schema, all=True)
            errors = self.provider.plan(self.resource, None, config, config).errors
            known = len(OVERRIDES)
            for path, valid in _VALID.findall("\n".join(errors)):
                values = valid.split()
                OVERRIDES.setdefault((self.resource, _INDEX.sub("", path)), (values[0], values[-1]))
            if len(OVERRIDES) == known:
                return

    def run(self) -> None:
        """Plan the changes of every argument and block."""
        self.learn()
        depth = DEPTHS.get(self.resource, MAX_DEPTH)
        arguments, self.below = arguments_of(self.schema, depth)
        for argument in arguments:
            path = argument.path
            configs = [configuration(self.resource, self.schema, all=False, keep=path)]
            if self.resource not in DEPTHS:
                configs.append(configuration(self.resource, self.schema, all=True))
            verdicts = self.verdicts[path] = {}
            for around in configs:
                config = based(self.resource, self.schema, around, path)
                for how, (before, after) in self.changes(argument, read(config, path)).items():
                    verdict = self.replaces(changed(config, path, before), changed(config, path, after))
                    if verdict is not None:
                        verdicts[how] = verdict if verdicts.get(how, verdict) == verdict else None
            # The plan of a creation also names the arguments that force replacement, for most types.
            if not verdicts and path in self.marked:
                verdicts["created"] = True

    def changes(self, argument: Argument, first: Any) -> dict[str, tuple[Any, Any]]:
        """The changes of an argument to plan, as its value before and after, by what they are."""
        found: dict[str, tuple[Any, Any]] = {}
        none: Any = None
        if argument.type is not None:
            other = value(self.resource, argument.path, argument.type, 1)
            found |= {"forth": (first, other), "back": (other, first)}
        elif isinstance(first, list):
            none = []
        elif "key" in first:
            none = {}
        if argument.optional:
            found |= {"added": (none, first), "removed": (first, none)}
        if argument.repeated:
            two = [*first, second(self.resource, self.schema, argument.path, first[0])]
            found |= {"more": (first, two), "fewer": (two, first)}
        return found


def second(resource: str, schema: BlockSchema, path: str, first: dict[str, Any]) -> dict[str, Any]:
    """Another block of the same type: the first one with second values for what it sets."""
    for name in path.split("."):
        nested = schema.nested(name)
        assert nested is not None
        schema = nested.block
    found = dict(first)
    for name, (_, type) in schema.attributes.items():
        if found[name] is not None:
            found[name] = value(resource, f"{path}.{name}", type, 1)
    return found


def probed(provider: Provider, resource: str) -> dict[str, Any] | None:
    """The arguments of a type that force replacement; None if the provider plans nothing for it."""
    probe = Probe(provider, resource)
    probe.run()
    for error in sorted(probe.errors):
        if "the provider crashed" in error:
            print(f"{resource}: {error}", file=sys.stderr)
    if not any(probe.verdicts.values()):
        return None
    found: dict[str, Any] = {"always": [], "sometimes": {}, "unknown": probe.below}
    for path, verdicts in probe.verdicts.items():
        if not verdicts:
            found["unknown"].append(path)
        elif set(verdicts.values()) == {True}:
            found["always"].append(path)
        elif set(verdicts.values()) != {False}:
            found["sometimes"][path] = verdicts
    for path in sorted(
        probe.marked - {path for path, verdicts in probe.verdicts.items() if True in verdicts.values()}
    ):
        if path in probe.verdicts:
            print(f"{resource}.{path} replaces in the plan of a creation only", file=sys.stderr)
    for error in sorted(probe.errors)[:5] if found["unknown"] else ():
        print(f"{resource}: {error[:200]}", file=sys.stderr)
    print(
        f"{resource}: {len(found['always'])} of {len(probe.verdicts)} arguments force replacement",
        file=sys.stderr,
    )
    return found
