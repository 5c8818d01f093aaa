"""Probe which arguments of a type the AWS provider rejects together, and which it requires together.

In each block, every optional argument is set at once, then some are left out, because the provider reports only the
first conflict of each argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

import grpc
from provider_plugin import Provider
from validation_probe import configured

from ticketgen.aws.provider.schema import BlockSchema, schema_of

__all__ = ["Combination", "combinations_of"]

Combination = tuple[str, str, tuple[str, ...]]
"""A kind, the argument that has the rule, and the other arguments, as names joined by dots; see
`ticketgen.aws.provider.combinations`."""

_INDEX = re.compile(r"\[Value\(.*\)\]|\[[^\]]*\]|\.\d+(?=[.,]|$)")
_STEP_UP = re.compile(r"[^.]+\.<\.")
_MANY_BLOCKS = 150
"""Of a type with so many nested blocks, equal ones are tried once."""
_MAX_KINDS = 300
"""Of a type with so many different blocks, only its own block and those directly in it are tried."""
_MAX_CONFLICTS = 40
"""How many conflicts of a block are followed."""

# Pattern → kind; the groups are the argument, if the text has it, and the others.
_TEXTS = [
    (re.compile(rf"(?s)^{pattern}"), kind)
    for pattern, kind in [
        (
            r'Conflicting configuration arguments "(?P<argument>[^"]+)": conflicts with (?P<others>\S+)',
            "conflict",
        ),
        (
            r'Invalid combination of arguments "(?P<argument>[^"]+)": (?:only )?one of `(?P<others>[^`]+)`',
            "exactly one",
        ),
        (r'Missing required argument "(?P<argument>[^"]+)": one of `(?P<others>[^`]+)` must', "at least one"),
        (
            r'Missing required argument "(?P<argument>[^"]+)": all of `(?P<others>[^`]+)` must',
            "required with",
        ),
        (
            r"Invalid Attribute Combination Attribute \"(?P<others>[^\"]+)\" cannot be specified when "
            r"\"(?P<argument>[^\"]+)\" is specified",
            "conflict",
        ),
        (
            r"Invalid Attribute Combination Attribute \"(?P<others>[^\"]+)\" must be specified when "
            r"\"(?P<argument>[^\"]+)\" is specified",
            "required with",
        ),
        (
            r"Invalid Attribute Combination (?:No attribute|\d+ attributes) specified when one \(and only one\) of "
            r"\[(?P<others>.+)\] is required",
            "exactly one",
        ),
        (
            r"Invalid Attribute Combination At least one attribute out of \[(?P<others>.+)\] must be specified",
            "at least one",
        ),
        (
            r"(?:Invalid|Missing) Attribute (?:Combination|Configuration) Exactly one of these attributes must be "
            r"configured: \[(?P<others>.+)\]",
            "exactly one",
        ),
        (
            r"(?:Invalid|Missing) Attribute (?:Combination|Configuration) At least one of these attributes must be "
            r"configured: \[(?P<others>.+)\]",
            "at least one",
        ),
        (
            r"Invalid Attribute Combination These attributes cannot be configured together: \[(?P<others>.+)\]",
            "at most one",
        ),
        (
            r"Invalid Attribute Combination These attributes must be configured together: \[(?P<others>.+)\]",
            "all or none",
        ),
        (r"Invalid Block Block (?P<others>\S+) must have a configuration value", "at least one"),
    ]
]


def combination(text: str, path: str) -> Combination | None:
    """What an error says about arguments; None if it is another error.

    Args:
        text: the error.
        path: the argument that the provider says it is about.
    """
    for pattern, kind in _TEXTS:
        if match := pattern.match(text):
            own = match.groupdict().get("argument") or ""
            others = [_plain(each) for each in _INDEX.sub("", match["others"]).split(",")]
            argument = _plain(_INDEX.sub("", own)) or path or others[0]
            if kind in ("conflict", "required with"):
                others = [each for each in others if each != argument]
            elif "Block Block" in text:
                argument = others[0]
            elif "of these attributes" not in text:
                others.append(argument)  # which is one of them
            return kind, argument, tuple(sorted(dict.fromkeys(others)))
    return None


def _plain(path: str) -> str:
    """A path without quotes, and without steps to the block around an argument."""
    path = path.strip(' "')
    while (shorter := _STEP_UP.sub("", path, count=1)) != path:
        path = shorter
    return path


def _blocks(schema: BlockSchema, prefix: str = "") -> Iterator[tuple[str, BlockSchema]]:
    yield prefix, schema
    for name in schema.blocks:
        nested = schema.nested(name)
        if nested is not None and name != "timeouts":
            yield from _blocks(nested.block, f"{prefix}{name}.")


def _optional(schema: BlockSchema, prefix: str) -> list[str]:
    names = [name for name, (flags, _) in schema.attributes.items() if "o" in flags]
    names += [name for name, block in schema.blocks.items() if block[1] == 0 and name != "timeouts"]
    return [f"{prefix}{name}" for name in sorted(names)]


def combinations_of(provider: Provider, kind: str, type: str) -> list[Combination]:
    """The rules about combinations of arguments of a type."""
    schema = schema_of(kind, type)
    assert schema is not None
    blocks = list(_blocks(schema))
    if len({id(block._document) for _, block in blocks}) > _MAX_KINDS:
        blocks = [each for each in blocks if each[0].count(".") <= 1]
    found: set[Combination] = set()
    tried: dict[int, tuple[str, set[Combination]]] = {}
    for prefix, block in blocks:
        key = id(block._document)
        if len(blocks) > _MANY_BLOCKS and key in tried:
            before, rules = tried[key]
            found |= {_moved(rule, before, prefix) for rule in rules}
            continue
        try:
            rules = _Probe(provider, kind, type, schema).block(block, prefix)
        except grpc.RpcError:
            continue  # the provider crashes
        tried[key] = (
            prefix,
            {each for each in rules if all(p.startswith(prefix) for p in (each[1], *each[2]))},
        )
        found |= rules
    return sorted(found)


def _moved(rule: Combination, before: str, after: str) -> Combination:
    kind, argument, others = rule
    return (
        kind,
        after + argument.removeprefix(before),
        tuple(after + each.removeprefix(before) for each in others),
    )


class _Probe:
    def __init__(self, provider: Provider, kind: str, type: str, schema: BlockSchema) -> None:
        self.provider, self.kind, self.type, self.schema = provider, kind, type, schema

    def asked(self, kept: Set[str]) -> set[Combination]:
        """What the provider says of the smallest configuration with these arguments."""
        config = configured(self.type, self.schema, kept)
        return {
            rule
            for each in self.provider.validate(self.kind, self.type, config)
            if (rule := combination(each.text, each.path)) is not None
        }

    def block(self, block: BlockSchema, prefix: str) -> set[Combination]:
        """The rules about the arguments of a block."""
        around = {prefix.rstrip(".")} - {""}
        optional = _optional(block, prefix)
        found = self.asked(around)
        if not optional:
            return found
        found |= self.asked({*around, *optional})
        # For each two arguments, one of these configurations has only the first, and another only the second.
        for bit in range(len(optional).bit_length()):
            for side in (0, 1):
                found |= self.asked(
                    {*around, *(each for index, each in enumerate(optional) if index >> bit & 1 == side)}
                )
        choices = {each for kind, _, others in found if kind == "exactly one" for each in others}
        for argument in sorted(choices & set(optional)):
            found |= self.asked({*around, argument})
        for argument in sorted(
            {argument for kind, argument, _ in found if kind == "conflict"} & set(optional)
        ):
            self._conflicts(argument, {*around, *optional}, found)
        return found

    def _conflicts(self, argument: str, kept: set[str], found: set[Combination]) -> None:
        """Leave out what an argument conflicts with, until it conflicts with nothing."""
        for _ in range(_MAX_CONFLICTS):
            new = self.asked(kept)
            found |= new
            refused = {
                each
                for kind, own, others in new
                if kind in ("conflict", "exactly one") and own == argument
                for each in others
                if each != argument
            }
            if not refused & kept:
                return
            kept = kept - refused
