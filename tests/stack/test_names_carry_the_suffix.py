"""Every name carries the suffix and fits its limit, for the longest possible project, suffix and Region."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from stacks import LONGEST_REGION, SHAPES, environment, parsed

from ticketgen.aws.name_limits import NAME_LIMITS, TAG_VALUE
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import (
    Attribute,
    Block,
    Call,
    Expression,
    GetAttribute,
    Interpolation,
    Literal,
    Object,
    Reference,
    Template,
    Text,
)
from ticketgen.spec.model import Environment
from ticketgen.stack.names import UNSUFFIXED, longest_suffix

LONGEST_PROJECT = "p" * 20
SUFFIX = "${var.environment_suffix}"

# Attributes that name the resource or a part of it. Their value may still be a reference to another resource's name.
NAMING = re.compile(
    r"(.+_)?(user)?name|(.+_)?identifier|(user|user_group|replication_group|target|statement)_id"
)


@dataclass(frozen=True)
class Given:
    """A name that a resource sets itself, as opposed to a reference to another name."""

    module: str
    resource: str
    attribute: str
    value: Expression
    for_each: Expression | None

    def __str__(self) -> str:
        return f"{self.resource}.{self.attribute} in {self.module or 'the root'}"


def _names(module: Module) -> Iterator[Given]:
    for resource in module.blocks("resource"):
        repeat = resource.attribute("for_each")
        for block in resource.walk():
            inside = "" if block is resource else f"{block.type}."
            for attribute in block.body.attributes:
                if NAMING.fullmatch(attribute.name) and not _is_taken(attribute.value):
                    yield Given(
                        module.folder, resource.labels[0], inside + attribute.name, attribute.value,
                        repeat.value if repeat else None,
                    )  # fmt: skip
        tag = _name_tag(resource)
        if tag is not None:
            yield Given(module.folder, resource.labels[0], "tags.Name", tag, repeat.value if repeat else None)


def _is_taken(value: Expression) -> bool:
    """Whether it is a reference to another resource's name, or to a value that Terraform computes."""
    return isinstance(value, Reference)


def _name_tag(resource: Block) -> Expression | None:
    tags = resource.attribute("tags")
    return tags.value.get("Name") if tags and isinstance(tags.value, Object) else None


def _written(value: Expression) -> str:
    match value:
        case Literal():
            return str(value.value)
        case Template():
            return "".join(
                part.value if isinstance(part, Text) else f"${{{_written(part.expression)}}}"
                for part in value.parts
                if isinstance(part, Text | Interpolation)
            )
        case Reference():
            return ".".join([value.root, *(s.name for s in value.steps if isinstance(s, GetAttribute))])
        case Call():
            return f"{value.name}({', '.join(map(_written, value.arguments))})"
    raise AssertionError(value)


def _longest(name: Given, module: Module, subject: Environment, suffix: str) -> str:
    """The longest possible text of the name."""
    keys = [""]
    if name.for_each is not None:
        assert isinstance(name.for_each, Reference), name
        declared = module.first[name.for_each.address].node
        assert isinstance(declared, Attribute)
        assert isinstance(declared.value, Object)
        keys = [str(item.key.value) for item in declared.value.items if isinstance(item.key, Literal)]
    known = {
        "local.app_name": subject.project,
        "var.app_name": subject.project,
        "var.environment_suffix": suffix,
        "var.region": LONGEST_REGION,
        "count.index": "1",
        "each.key": max(keys, key=len),
        'replace(each.key, _, -)': max(keys, key=len).replace("_", "-"),
    }  # fmt: skip
    return re.sub(r"\$\{(.*?)\}", lambda found: known[found[1]], _written(name.value))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_name_contains_the_variable_of_the_suffix(shape: str) -> None:
    found = [name for module in parsed(SHAPES[shape]()).values() for name in _names(module)]
    assert len(found) > 100
    bare = {name for name in found if SUFFIX not in _written(name.value)}
    bare -= {name for name in found if _written(name.value) == "var.environment_suffix"}
    undocumented = [str(name) for name in bare if (name.resource, name.attribute) not in UNSUFFIXED]
    assert undocumented == []


def test_every_documented_exception_is_needed() -> None:
    used = {
        (name.resource, name.attribute)
        for module in parsed(SHAPES["everything"]()).values()
        for name in _names(module)
        if SUFFIX not in _written(name.value)
    }
    assert set(UNSUFFIXED) <= used


@pytest.mark.parametrize("shape", ["prod", "everything"])
def test_every_name_fits_its_limit_at_its_longest(shape: str) -> None:
    subject = SHAPES[shape]().model_copy(update={"project": LONGEST_PROJECT})
    suffix = "s" * longest_suffix(LONGEST_PROJECT)
    trouble = {}
    for module in parsed(subject).values():
        for name in _names(module):
            if (name.resource, name.attribute) in UNSUFFIXED and SUFFIX not in _written(name.value):
                continue
            limit = NAME_LIMITS.get((name.resource, name.attribute))
            if name.attribute == "tags.Name":
                limit = limit or TAG_VALUE
            text = _longest(name, module, subject, suffix)
            problem = limit.problem(text) if limit else "has no limit in aws/name_limits.py"
            if problem:
                trouble[str(name)] = f"{text!r} {problem}"
    assert trouble == {}


def test_one_more_character_would_exceed_a_limit() -> None:
    suffix = "s" * (longest_suffix(LONGEST_PROJECT) + 1)
    subject = environment(project=LONGEST_PROJECT)
    broken = [
        name
        for module in parsed(subject).values()
        for name in _names(module)
        if (limit := NAME_LIMITS.get((name.resource, name.attribute)))
        and SUFFIX in _written(name.value)
        and limit.problem(_longest(name, module, subject, suffix))
    ]
    assert broken


@pytest.mark.parametrize("shape", ["prod", "everything"])
def test_names_of_global_services_contain_the_region(shape: str) -> None:
    """Otherwise the apply of a second Region fails, because the first has taken the name."""
    for folder, module in parsed(SHAPES[shape]()).items():
        for name in _names(module):
            limit = NAME_LIMITS.get((name.resource, name.attribute))
            if folder.startswith("modules/") and limit and limit.scope == "global":
                assert "${var.region}" in _written(name.value), str(name)
