"""Explain and complete the keys of a spec, with the JSON schema that describes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ticketgen.spec.json_schema import json_schema
from ticketgen.spec.load import load
from ticketgen.spec.nodes import KeyPath, Map, YamlNode, dotted_path
from ticketgen.spec.presets import presets

__all__ = ["Proposal", "key_at", "key_help", "preset_at", "proposals"]

_KEY: Final = re.compile(r"(?P<indent> *)(?P<item>- +)?(?P<key>\w+) *:(?P<value> .*|)")
_MAX_LINES: Final = 5_000
"""Limit of the lines above a place that are searched for the keys around it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A key or a value that may stand at a place.

    Attributes:
        text: what to write.
        help: its documentation as Markdown.
    """

    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the spec: its schema, and that of the part that it holds."""

    schema: Mapping[str, Any] = field(default_factory=dict)
    part: Mapping[str, Any] = field(default_factory=dict)


def key_at(file: Path, text: str, line: int, column: int) -> KeyPath:
    """The path of the key at a place, or of the last one before it in the line; () if there is none.

    Args:
        file: the spec.
        text: its text, which may be unsaved.
        line: counted from 1.
        column: likewise.
    """
    read = load(file, content=text.encode("utf-8", "surrogatepass"))
    keys = _keys(read.value.root, line) if read.value else {}
    before = [at for at in keys if at <= column]
    return keys[max(before)] if before else keys[min(keys)] if keys else ()


def _keys(node: YamlNode, line: int) -> dict[int, KeyPath]:
    """The paths of the keys in a line, by column."""
    found: dict[int, KeyPath] = {}
    if isinstance(node, Map):
        for key, value in node.entries.items():
            at = node.key_locations[key]
            if at.line == line:
                found[at.column] = (*node.path, key)
            found |= _keys(value, line)
    return found


def key_help(path: KeyPath) -> str:
    """The documentation of a key as Markdown; "" for none and for an unknown one."""
    found = _field_at(path) if path else None
    if found is None:
        return ""
    text = found.schema.get("description") or found.part.get("description", "")
    unit = f"\n\nUnit: {found.schema['x-unit']}" if found.schema.get("x-unit") else ""
    return f"**{dotted_path(path)}**\n\n{text}{unit}" if text else ""


def preset_at(file: Path, text: str, line: int) -> Path | None:
    """The file of the preset that is named in a line."""
    read = load(file, content=text.encode("utf-8", "surrogatepass"))
    root = read.value.root if read.value else None
    if not isinstance(root, Map) or "extends" not in root.entries:
        return None
    if root.key_locations["extends"].line != line:
        return None
    found = presets().get(str(getattr(root.entries["extends"], "value", "")))
    return Path(found.path) if found else None


def proposals(lines: list[str], line: int, column: int) -> list[Proposal]:
    """What may stand at a place of a spec in block style, however incomplete the text is.

    Args:
        lines: those of the spec.
        line: counted from 1.
        column: likewise; the text before it decides.
    """
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    written = _KEY.fullmatch(before)
    if written and written["value"]:
        path = (*_keys_around(lines, line, len(written["indent"])), written["key"])
        return _values(_field_at(path))
    item = re.fullmatch(r"( *)- *[\w-]*", before)
    if item:
        return _values(_field_at(_keys_around(lines, line, len(item[1]) + 1)))
    if not re.fullmatch(r" *\w*", before):
        return []
    around = _keys_around(lines, line, len(before) - len(before.lstrip(" ")))
    parent = _field_at(around)
    keys = sorted(parent.part.get("properties", ())) if parent else ()
    return [Proposal(f"{key}: ", key_help((*around, key))) for key in keys]


def _keys_around(lines: list[str], line: int, indent: int) -> KeyPath:
    """The keys that enclose a line with less indentation than the given one."""
    path: list[str] = []
    for text in reversed(lines[max(0, line - 1 - _MAX_LINES) : line - 1]):
        match = _KEY.match(text)
        if match and len(match["indent"]) < indent and not match["item"]:
            path.insert(0, match["key"])
            indent = len(match["indent"])
        if indent == 0:
            break
    return tuple(path)


def _values(found: _Field | None) -> list[Proposal]:
    if found is None:
        return []
    choices: Iterable[Mapping[str, Any]] = (
        found.schema,
        found.part,
        *found.schema.get("anyOf", ()),
        found.schema.get("items", {}),
    )
    values = [value for choice in choices for value in choice.get("enum", ())]
    if any(choice.get("type") == "boolean" for choice in choices):
        values += ["true", "false"]
    return [Proposal(str(value)) for value in dict.fromkeys(values)]


def _field_at(path: KeyPath) -> _Field | None:
    """The field at a path; the whole spec for ()."""
    schema = json_schema()
    found = _Field(part=schema)
    for step in path:
        if isinstance(step, int):
            continue
        named, others = found.part.get("properties", {}), found.part.get("patternProperties", {})
        inner = named.get(step) or next(iter(others.values()), None)
        if inner is None:
            return None
        found = _Field(inner, _part(inner, schema["$defs"]))
    return found


def _part(inner: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any]:
    for choice in (inner, *inner.get("anyOf", ()), inner.get("items", {})):
        if "$ref" in choice:
            part: Mapping[str, Any] = parts[choice["$ref"].rpartition("/")[2]]
            return part
    return inner
