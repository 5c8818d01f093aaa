"""Find the name of the project, and the tags."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ticketgen.adopt.environment_names import KNOWN_NAMES
from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.stack_view import StackView
from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.aws.regions import REGIONS
from ticketgen.escaping import quoted
from ticketgen.findings import Location
from ticketgen.rules.resource_names import NAME_ATTRIBUTES
from ticketgen.spec.tags import RESERVED_TAGS

__all__ = ["find_project", "find_tags", "shortened_name"]

_NAMES: Final = (
    re.compile(r"(?:project|app|application|product)(?:_name)?"),
    re.compile(r"(?:service|system|stack|workload)(?:_name)?|name_prefix|resource_prefix|prefix"),
    re.compile(r"(?:base_)?name|namespace"),
)
"""Names of variables and local values that may hold the project's name, the likeliest first."""
_TAGS: Final = ("project", "application", "app", "service", "product")
_IDENTIFIERS: Final = (
    "bucket", "function_name", "identifier", "cluster_identifier", "cluster_id", "cluster_name", "replication_group_id",
)  # fmt: skip
"""Attributes that hold a resource's name, whatever its type."""
_COMMON_SHARE: Final = 0.7
"""The share of names that must begin with the name of the project."""
_MAX_NAME: Final = 20
_MIN_NAME: Final = 3
_COMMON_TAGS: Final = re.compile(r"(?:common_|default_|base_|global_|standard_)?tags")
_RESERVED: Final = {tag.casefold() for tag in RESERVED_TAGS}


def find_project(view: StackView, folder: str) -> Iterator[FoundValue | LeftOut]:
    """Yield the project's name, shortened to what ticketgen accepts; the full name is then also yielded as left out."""
    for basis, location, text in _candidates(view, folder):
        whole = _words(text, view)
        name = shortened_name("-".join(whole))
        if not name:
            continue
        yield FoundValue(("project",), name, basis, location)
        if name != text:
            reason = f"the spec has {name}: lower case, 3 to 20 characters, without the environment"
            yield LeftOut(f"the project's name {quoted(text)}", reason, location)
        return
    yield FoundValue(("project",), "imported-stack", "assumption: the stack has no name")


def shortened_name(text: str, limit: int = _MAX_NAME) -> str:
    """As many words of a name as the limit allows; "" if the rest is too short."""
    words = [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]
    while words and not words[0][0].isalpha():
        words.pop(0)
    while len(words) > 1 and len("-".join(words)) > limit:
        words.pop()
    name = "-".join(words)[:limit].strip("-")
    return name if len(name) >= _MIN_NAME else ""


def _words(text: str, view: StackView) -> list[str]:
    """The words of a name without the environment and the Region at its end."""
    for region in REGIONS:
        text = text.replace(region, "")
    words = [word for word in re.split(r"[^A-Za-z0-9]+", text.replace("?", "")) if word]
    while len(words) > 1 and (
        KNOWN_NAMES.fullmatch(words[-1].lower()) or words[-1].lower() == view.environment.name
    ):
        words.pop()
    return words


def _candidates(view: StackView, folder: str) -> Iterator[tuple[str, Location | None, str]]:
    for pattern in _NAMES:
        for each in (value for value in view.named_values() if value.of_root):
            if pattern.fullmatch(each.name) and isinstance(each.value, str):
                yield each.written, each.location, each.value
    for provider in view.providers():
        for block in provider.block.blocks("default_tags"):
            tags = block.value("tags")
            for key, value in tags.items() if isinstance(tags, dict) else ():
                if key.lower() in _TAGS and isinstance(value, str):
                    yield f"the tag {key} of {provider.title}", block.at("tags"), value
    yield from _common_prefix(view)
    yield "assumption: the name of the folder", None, os.path.basename(os.path.abspath(folder))  # noqa: PTH119, PTH100


def _common_prefix(view: StackView) -> Iterator[tuple[str, Location | None, str]]:
    """The words with which most names of resources begin."""
    prefixes: Counter[str] = Counter()
    places: dict[str, Location] = {}
    total = 0
    for each in view.resources():
        for attribute in _name_attributes(each.type):
            if each.block.attribute(attribute) is None:
                continue
            words = re.split(r"[-_]", each.text(attribute))
            first = words[0]
            total += bool(first) and "?" not in first
            for count in range(1, min(len(words), 4)):
                prefix = "-".join(words[:count])
                if "?" not in prefix and prefix:
                    prefixes[prefix] += 1
                    places.setdefault(prefix, each.at(attribute))
    common = [prefix for prefix, count in prefixes.items() if count >= max(2, _COMMON_SHARE * total)]
    if common:
        best = max(common, key=len)
        yield f"how {prefixes[best]} names begin", places[best], best


def _name_attributes(type: str) -> Iterator[str]:
    """The attributes that may name a resource of a type, or begin its name."""
    limited = ("name",) if (type, "name") in NAME_LIMITS else ()
    attributes = dict.fromkeys((*NAME_ATTRIBUTES.get(type, ()), *limited, *_IDENTIFIERS))
    for attribute in attributes:
        yield attribute
        yield f"{attribute}_prefix"


def find_tags(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the tags that every resource gets, except those that ticketgen sets by itself."""
    maps = list(_tag_maps(view))
    seen: set[str] = set()
    for basis, location, tags in maps:
        same_kind = [other for one, _, other in maps if one.split()[0] == basis.split()[0]]
        for key, value in tags.items():
            folded = key.casefold()
            if folded in seen | _RESERVED:
                continue  # a stack sets the reserved ones by itself
            seen.add(folded)
            if not isinstance(value, str):
                reason = "its value is not known from the code: add it to `tags`"
                yield LeftOut(f"the tag {quoted(key)}", reason, location)
            elif any(other.get(key) != value for other in same_kind) or value in REGIONS:
                reason = "it differs between providers, and all resources have the same `tags`"
                yield LeftOut(f"the tag {quoted(key)}", reason, location)
            else:
                yield FoundValue(("tags", key), value, basis, location)


def _tag_maps(view: StackView) -> Iterator[tuple[str, Location, dict[str, object]]]:
    """The default tags of each provider, and tags that the resources of a root module share."""
    for provider in view.providers():
        for block in provider.block.blocks("default_tags"):
            tags = block.value("tags")
            if isinstance(tags, dict):
                yield f"default_tags of {provider.title}", block.at("tags"), dict(tags)
    for each in view.named_values():
        if each.of_root and _COMMON_TAGS.fullmatch(each.name) and isinstance(each.value, dict):
            yield each.written, each.location, dict(each.value)
